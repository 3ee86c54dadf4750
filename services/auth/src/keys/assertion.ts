import type { Identity } from '../oauth/identity.ts'
import { ASSERTION_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { randomSecret } from '../oauth/secret.ts'
import type { Actor } from './access-token.ts'
import { signJwt } from './jwt.ts'
import type { SigningKey } from './signing-keys.ts'

/** What /verify vouches for towards one server. The bridge believes this and no other header (docs/assertion.md). */
interface AssertionClaims {
  readonly iss: string
  /** `PUBLIC_URL/NAME/mcp` of the server that the request is for, whatever the token's audience is. */
  readonly aud: string
  readonly sub: string
  readonly client_id: string
  /** Who acts for `sub`, when it is not they themselves (RFC 8693 §4.1). */
  readonly act?: Actor
  readonly scope: string
  readonly grant_id: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly provider: string
  readonly login?: string
  readonly email?: string
  readonly name?: string
  readonly groups?: readonly string[]
  readonly organizations?: readonly string[]
  readonly teams?: readonly string[]
}

const JTI_BYTES = 16

/** Mints the identity assertion for one server; good for ASSERTION_TTL_SECONDS. */
export function mintAssertion(
  key: SigningKey,
  issuer: string,
  facts: {
    readonly identity: Identity
    readonly server: string
    readonly clientId: string
    readonly act?: Actor | undefined
    readonly scope: string
    readonly grantId: string
    readonly now: number
  },
): string {
  const { identity } = facts
  const claims: AssertionClaims = {
    iss: issuer,
    aud: facts.server,
    sub: identity.subject,
    client_id: facts.clientId,
    ...(facts.act === undefined ? {} : { act: facts.act }),
    scope: facts.scope,
    grant_id: facts.grantId,
    iat: facts.now,
    exp: facts.now + ASSERTION_TTL_SECONDS,
    jti: randomSecret(JTI_BYTES),
    provider: identity.provider,
    ...(identity.login === undefined ? {} : { login: identity.login }),
    ...(identity.email === undefined ? {} : { email: identity.email }),
    ...(identity.name === undefined ? {} : { name: identity.name }),
    ...(identity.groups.length === 0 ? {} : { groups: identity.groups }),
    ...(identity.organizations.length === 0 ? {} : { organizations: identity.organizations }),
    ...(identity.teams.length === 0 ? {} : { teams: identity.teams }),
  }
  return signJwt(key, 'gatehouse-assertion+jwt', { ...claims })
}
