import type { Context } from '../context.ts'
import type { Actor } from '../keys/access-token.ts'
import { isAdmitted, mayHold } from '../oauth/admission.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import { personalTokenEnd } from '../oauth/personal-token.ts'
import { mayUseResource } from '../oauth/resource.ts'
import { createTokenReader, type PresentedToken } from './presented-token.ts'

/** RFC 7662 §2.2. Of a token that is not active nothing else is said. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      readonly iss: string
      readonly sub: string
      readonly aud: string
      readonly client_id: string
      readonly username: string
      readonly scope: string
      /** Absent for a refresh token, which is shown to nobody but us. */
      readonly token_type?: 'Bearer' | 'DPoP'
      readonly iat: number
      readonly exp: number
      readonly jti?: string
      readonly cnf?: { readonly jkt: string }
      readonly act?: Actor
    }

const INACTIVE: Introspection = { active: false }

/**
 * Says what a token is worth right now: the store is asked every time, so what was revoked on another replica a moment ago is
 * not active here. @param resource - the `resource` parameters, joined by spaces: where the asker wants to accept the token
 * @throws StoreUnavailableError
 */
export function createIntrospection(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'clients' | 'resources' | 'clock' | 'secrets'>,
): (token: string, asker: Client, resource: string | undefined) => Promise<Introspection> {
  const { config, clients, resources, clock } = context
  const readToken = createTokenReader(context)

  /** Whoever the token acts for may still come in, and to something that it is for. */
  const holds = ({ grant }: PresentedToken['active'], audience: string): boolean => {
    const resource = resources.byUrl(audience)
    if (!resource || !mayUseResource(resource, grant.identity)) return false
    return isAdmitted(config.ALLOWED_USERS, grant.identity, clients.isMachine)
  }

  const isFor = (audience: string, asked: string | undefined): boolean => {
    const own = resources.byUrl(audience)
    return (asked ?? audience).split(' ').every((url) => {
      const wanted = resources.byUrl(url)
      return wanted !== undefined && (wanted === own || own === resources.root)
    })
  }

  return async (token, asker, resource) => {
    const presented = await readToken(token)
    if (!presented || !mayAsk(asker, presented)) return INACTIVE
    const answer = describe(config, presented)
    if (presented.kind === 'access_token' && !mayHold(presented.claims.client_id, presented.active.grant, clients.isAgent)) {
      return INACTIVE
    }
    if (!answer.active || nowSeconds(clock) >= answer.exp || !isFor(answer.aud, resource)) return INACTIVE
    return holds(presented.active, answer.aud) ? answer : INACTIVE
  }
}

/**
 * Who may ask about a token: the client that it was issued to, and, about what servers are shown, the clients that the operator
 * set up. To everybody else it is as good as garbage (RFC 7662 §4; docs/adr/0015-introspection.md).
 */
function mayAsk(asker: Client, token: PresentedToken): boolean {
  if (asker.source === 'configured' && token.kind !== 'refresh_token') return true
  return asker.clientId === (token.kind === 'access_token' ? token.claims.client_id : token.active.grant.clientId)
}

function describe(
  { PUBLIC_URL: iss, PERSONAL_TOKEN_MAX_DAYS: maxDays }: Pick<Context['config'], 'PUBLIC_URL' | 'PERSONAL_TOKEN_MAX_DAYS'>,
  token: PresentedToken,
): Introspection {
  const { grant, expiresAt } = token.active
  const username = usernameOf(grant.identity)
  switch (token.kind) {
    case 'access_token': {
      if (token.isRevoked) return INACTIVE
      const { sub, aud, client_id, scope, iat, exp, jti, cnf, act } = token.claims
      const token_type = cnf === undefined ? 'Bearer' : 'DPoP'
      const bound = { ...(cnf === undefined ? {} : { cnf }), ...(act === undefined ? {} : { act }) }
      return { active: true, iss, sub, aud, client_id, username, scope, token_type, iat, exp, jti, ...bound }
    }
    case 'refresh_token': {
      if (!token.isCurrent) return INACTIVE
      const bound = grant.jkt === undefined ? {} : { cnf: { jkt: grant.jkt } }
      return { ...ofGrant(iss, grant, expiresAt), username, ...bound }
    }
    case 'personal_token': {
      const endsAt = personalTokenEnd(grant.createdAt, expiresAt, maxDays)
      return { ...ofGrant(iss, grant, endsAt), username, token_type: 'Bearer' }
    }
  }
}

const ofGrant = (iss: string, { identity, resource, clientId, scopes, createdAt }: Grant, exp: number) => ({
  active: true as const,
  iss,
  sub: identity.subject,
  aud: resource,
  client_id: clientId,
  scope: scopes.join(' '),
  iat: createdAt,
  exp,
})

/** "Human-readable identifier for the resource owner" (RFC 7662 §2.2). */
const usernameOf = ({ login, email, name, subject }: Identity): string => login ?? email ?? name ?? subject
