import type { Context } from '../context.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { newPersonalToken, PERSONAL_TOKEN_CLIENT } from '../oauth/personal-token.ts'
import { sha256 } from '../oauth/secret.ts'
import { NO_REFRESH_TOKEN } from '../store/grant-store.ts'
import { OCTOCAT } from './test-context.ts'

/** What a person who makes a personal access token leaves in the store, and the token they are shown. */
export async function addPersonalToken(
  context: Context,
  changes: Partial<Grant> = {},
  lifeSeconds = 86_400,
): Promise<{ readonly grant: Grant; readonly token: string }> {
  const id = newGrantId()
  const token = newPersonalToken(id)
  const createdAt = Math.floor(context.clock() / 1000)
  const grant: Grant = {
    id,
    clientId: PERSONAL_TOKEN_CLIENT,
    identity: OCTOCAT,
    scopes: ['mcp'],
    resource: `${context.config.PUBLIC_URL}/memory/mcp`,
    createdAt,
    via: 'personal_token',
    personalToken: { name: `name of ${id}`, tokenHash: sha256(token) },
    ...changes,
  }
  await context.stores.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, expiresAt: createdAt + lifeSeconds })
  return { grant, token }
}
