import type { AccessTokenClaims } from '../keys/access-token.ts'
import type { Identity } from '../oauth/identity.ts'

/** Above this the list is cut at a whole name: backends refuse requests with larger headers. The assertion has more. */
const GROUPS_LENGTH = 4096

/**
 * The X-Auth-* headers for a server behind the edge. They prove nothing by themselves: the bridge believes the assertion
 * alone. Values are printable ASCII; what is not is percent-encoded as UTF-8.
 */
export function identityHeaders(identity: Identity, claims: AccessTokenClaims): Record<string, string> {
  return {
    'x-auth-subject': headerValue(identity.subject),
    'x-auth-user': headerValue(identity.login ?? identity.email ?? identity.subject),
    ...(identity.email === undefined ? {} : { 'x-auth-email': headerValue(identity.email) }),
    'x-auth-client': headerValue(claims.client_id),
    'x-auth-scopes': claims.scope,
    ...(identity.groups.length === 0 ? {} : { 'x-auth-groups': listValue(identity.groups) }),
  }
}

const headerValue = (text: string): string => (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : encode(text))

function listValue(names: readonly string[]): string {
  let value = ''
  for (const name of names) {
    const next = `${value === '' ? '' : ','}${name.includes(',') ? encode(name) : headerValue(name)}`
    if (value.length + next.length > GROUPS_LENGTH) break
    value += next
  }
  return value
}

const encode = (text: string): string => encodeURIComponent(text.toWellFormed())
