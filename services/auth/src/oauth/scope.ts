/** Scopes of OpenID Connect (Core §5.4): they ask who the person is, not for a server. Granted whenever `openid` is asked for. */
export const OPENID_SCOPES: readonly string[] = ['openid', 'profile', 'email']

/** Splits a `scope` value (RFC 6749 §3.3); duplicates and empty parts vanish. */
export const parseScope = (scope: string | undefined): string[] => [
  ...new Set((scope ?? '').split(' ').filter((part) => part !== '')),
]

/**
 * What a client gets for what it asked: unknown scopes are dropped, never refused, because clients ask for
 * `claudeai`, `openid email profile` or nothing; nothing left means the default. With `openid`, those of OpenID Connect
 * come on top, last.
 * @param offered - what the resource has; the first is the default
 */
export function narrowScopes(requested: readonly string[], offered: readonly string[]): string[] {
  const kept = offered.filter((scope) => requested.includes(scope))
  const ofResource = kept.length > 0 ? kept : offered.slice(0, 1)
  return requested.includes('openid')
    ? [...new Set([...ofResource, ...OPENID_SCOPES.filter((scope) => requested.includes(scope))])]
    : ofResource
}
