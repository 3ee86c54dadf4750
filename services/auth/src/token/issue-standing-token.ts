import type { Context } from '../context.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import type { Resource } from '../oauth/resource.ts'
import type { ClientScopes } from './client-scopes.ts'
import { issueTokens } from './issue-tokens.ts'
import { standingGrant } from './standing-grant.ts'
import type { TokenResponse } from './token-grant.ts'

export interface StandingTokenAsk {
  readonly client: Client
  readonly identity: Identity
  readonly resource: Resource
  readonly scopes: ClientScopes
  readonly via: NonNullable<Grant['via']>
  readonly jkt: string | undefined
}

/** An access token, and no refresh token (RFC 6749 §4.4.3, RFC 7521 §4.1): who can ask once can ask again. */
export async function issueStandingToken(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'clock'>,
  { client, identity, resource, scopes, via, jkt }: StandingTokenAsk,
): Promise<{ readonly answer: TokenResponse; readonly grantId: string }> {
  const { config, keys, clock } = context
  const key = keys.current()
  const wish = { clientId: client.clientId, identity, scopes: scopes.most, resource: resource.url, via }
  const { grant, expiresAt } = await standingGrant(context, wish)
  const answer = issueTokens(config, key, {
    grant,
    audience: resource.url,
    scopes: scopes.granted,
    now: nowSeconds(clock),
    grantExpiresAt: expiresAt,
    jkt,
  })
  return { answer, grantId: grant.id }
}
