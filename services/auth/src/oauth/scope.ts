/** Splits a `scope` value (RFC 6749 §3.3); duplicates and empty parts vanish. */
export const parseScope = (scope: string | undefined): string[] => [
  ...new Set((scope ?? '').split(' ').filter((part) => part !== '')),
]

/**
 * What a client gets for what it asked: unknown scopes are dropped, never refused, because clients ask for
 * `claudeai`, `openid email profile` or nothing; nothing left means the default.
 * @param offered - what the resource has; the first is the default
 */
export function narrowScopes(requested: readonly string[], offered: readonly string[]): string[] {
  const kept = offered.filter((scope) => requested.includes(scope))
  return kept.length > 0 ? kept : offered.slice(0, 1)
}
