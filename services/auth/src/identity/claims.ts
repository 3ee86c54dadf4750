import type { Identity } from '../oauth/identity.ts'
import type { Claims } from './openid.ts'

/** The first set's non-empty text of this name. */
export const textClaim = (sets: readonly Claims[], name: string): string | undefined =>
  sets.map((claims) => claims[name]).find((value): value is string => typeof value === 'string' && value !== '')

/** The address, only from a set that itself says so with `email_verified: true`; absence is no yes (OpenID Connect Core §5.1). */
const verifiedEmail = (sets: readonly Claims[]): string | undefined =>
  textClaim(
    sets.filter(({ email_verified: verified }) => verified === true),
    'email',
  )

/** The first set's list of group names; other things in the list are left out. */
const groupsClaim = (sets: readonly Claims[]): string[] => {
  const groups = sets.map((claims) => claims.groups).find(Array.isArray) as readonly unknown[] | undefined
  return (groups ?? []).filter((group): group is string => typeof group === 'string')
}

/** Standard claims (OpenID Connect Core §5.1) and the `groups` that most providers can add. */
export function standardIdentity(provider: string, claims: readonly Claims[]): Identity {
  const login = textClaim(claims, 'preferred_username')
  const name = textClaim(claims, 'name')
  const email = verifiedEmail(claims)
  return {
    subject: `${provider}:${textClaim(claims, 'sub')}`,
    provider,
    ...(login === undefined ? {} : { login }),
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    groups: groupsClaim(claims),
    organizations: [],
    teams: [],
  }
}
