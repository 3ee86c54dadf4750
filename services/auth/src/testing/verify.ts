import { mintAccessToken } from '../keys/access-token.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import type { VerifyAnswer, VerifyRequest } from '../verify/answer.ts'
import type { Verifier } from '../verify/verifier.ts'
import { OCTOCAT, type TestContext } from './test-context.ts'

/** A live grant of OCTOCAT's at the server `memory`, as no client has asked for it yet. */
export async function liveGrant(context: TestContext, changes: Partial<Grant> = {}): Promise<Grant> {
  const now = Math.floor(context.clock() / 1000)
  const grant: Grant = {
    id: newGrantId(),
    clientId: 'cli_test',
    identity: OCTOCAT,
    scopes: ['mcp'],
    resource: `${context.config.PUBLIC_URL}/memory/mcp`,
    createdAt: now,
    ...changes,
  }
  await context.stores.grants.create(grant, { refreshHash: grant.id, expiresAt: now + 86_400 })
  return grant
}

/** An access token of a grant, good for an hour. @param jkt - the key it is bound to */
export function accessTokenOf(context: TestContext, grant: Grant, jkt?: string): string {
  const issuedAt = Math.floor(context.clock() / 1000)
  return mintAccessToken(context.keys.current(), context.config.PUBLIC_URL, {
    ...{ grant, audience: grant.resource, scopes: grant.scopes, issuedAt, expiresAt: issuedAt + 3600, jkt },
  })
}

/** What the edge asks about a POST to the server `memory`. */
export const question = (authorization: string | undefined, changes: Partial<VerifyRequest> = {}): VerifyRequest => ({
  method: 'POST',
  uri: '/memory/mcp',
  authorization,
  dpop: undefined,
  protocolVersion: undefined,
  mcpMethod: undefined,
  mcpName: undefined,
  ...changes,
})

export const ask = async (
  verifier: Verifier,
  authorization: string | undefined,
  changes: Partial<VerifyRequest> = {},
): Promise<VerifyAnswer> => verifier.answer(question(authorization, changes))
