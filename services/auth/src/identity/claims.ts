import type { Claims } from './openid.ts'

/** The first set's non-empty text of this name. */
export const textClaim = (sets: readonly Claims[], name: string): string | undefined =>
  sets.map((claims) => claims[name]).find((value): value is string => typeof value === 'string' && value !== '')

/** The address, only from a set that itself says so with `email_verified: true`; absence is no yes (OpenID Connect Core §5.1). */
export const verifiedEmail = (sets: readonly Claims[]): string | undefined =>
  textClaim(
    sets.filter(({ email_verified: verified }) => verified === true),
    'email',
  )

/** The first set's list of group names; other things in the list are left out. */
export const groupsClaim = (sets: readonly Claims[]): string[] => {
  const groups = sets.map((claims) => claims.groups).find(Array.isArray) as readonly unknown[] | undefined
  return (groups ?? []).filter((group): group is string => typeof group === 'string')
}
