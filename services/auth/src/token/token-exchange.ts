import type { Context } from '../context.ts'
import type { Params } from '../http/params.ts'
import type { AccessTokenClaims } from '../keys/access-token.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { TOKEN_EXCHANGE_GRANT_TYPE } from '../oauth/grant-types.ts'
import type { Resource } from '../oauth/resource.ts'
import { clientScopes } from './client-scopes.ts'
import { issueTokens } from './issue-tokens.ts'
import { requireConfidential, requireConfigured } from './require-confidential.ts'
import { requireUse } from './target.ts'
import { actorOf, chainOf } from './token-exchange-actor.ts'
import { exchangeTarget } from './token-exchange-target.ts'
import { ACCESS_TOKEN_TYPE, createHeldTokenReader, JWT_TYPE } from './token-exchange-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): an agent that was handed a person's access token gets
 * one of its own to act for them. It is less in every way, never more: the same grant, so that it ends with it; the same
 * server or one of them; the same scopes or fewer; no later end; no refresh token. And it always says who acts, in `act`: what an
 * agent does is never told as what the person did themselves.
 */
export function tokenExchangeGrant(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'clients' | 'resources' | 'clock'>,
): TokenGrant {
  const { config, keys, resources, clock } = context
  const readHeldToken = createHeldTokenReader(context)
  return {
    grantType: TOKEN_EXCHANGE_GRANT_TYPE,
    redeem: async ({ params, client, log, jkt }) => {
      requireConfigured(client, 'exchange tokens')
      requireConfidential(client, 'exchange tokens')
      const issuedType = requestedType(params)
      if (params.actor_token === undefined && params.actor_token_type !== undefined) {
        // "MUST NOT be included when the actor_token parameter is not present" (§2.1).
        throw refuse('actor_token_type comes without actor_token', 'actor_token_missing')
      }
      const subject = await readHeldToken('subject_token', params, jkt)
      const actorToken = params.actor_token === undefined ? undefined : await readHeldToken('actor_token', params, jkt)
      const act = chainOf(actorOf(client, actorToken), subject.claims.act)
      const resource = exchangeTarget(resources, subject.claims.aud, params)
      const { grant } = subject.active
      requireUse(resource, grant.identity)
      const scopes = exchangeScopes(client, resource, subject.claims, params.scope)

      const answer = issueTokens(config, keys.current(), {
        grant,
        audience: resource.url,
        scopes,
        now: nowSeconds(clock),
        grantExpiresAt: Math.min(subject.claims.exp, subject.active.expiresAt),
        clientId: client.clientId,
        jkt,
        act,
      })
      log.info(
        { event: 'token_exchanged', client: client.clientId, actor: act.sub, subject: grant.identity.subject, grant: grant.id },
        'token exchanged',
      )
      return { ...answer, issued_token_type: issuedType }
    },
  }
}

/** Our access tokens are JWTs, so either name is true of what comes back. */
function requestedType({ requested_token_type: requested }: Params): string {
  if (requested === undefined || requested === ACCESS_TOKEN_TYPE) return ACCESS_TOKEN_TYPE
  if (requested === JWT_TYPE) return JWT_TYPE
  throw refuse(`requested_token_type must be ${ACCESS_TOKEN_TYPE}`, 'requested_token_type_unknown')
}

/**
 * Of the subject token's scopes those of this resource that the agent may have, and of these those that are asked for. What
 * is asked for and not there is left out; when nothing else was asked for, that is a refusal: an agent must not get what it did
 * not name.
 */
function exchangeScopes(
  client: Client,
  resource: Resource,
  claims: AccessTokenClaims,
  requested: string | undefined,
): readonly string[] {
  const { most, granted } = clientScopes(client, resource, requested, claims.scope.split(' '))
  if (requested === undefined || requested.split(' ').some((scope) => most.includes(scope))) return granted
  throw new OAuthError('invalid_scope', `none of these scopes can be had by this exchange; those are: ${most.join(' ')}`, {
    reason: 'scope_outside_token',
  })
}

const refuse = (description: string, reason: string): OAuthError => new OAuthError('invalid_request', description, { reason })
