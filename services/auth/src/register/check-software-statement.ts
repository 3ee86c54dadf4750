import { OAuthError } from '../oauth/error.ts'

const COMPACT_JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * We know nobody whose word about a client we would take, so a software statement is refused and not ignored: the client
 * would believe that its claims count (RFC 7591 §3.1.1, §3.2.2).
 */
export function refuseSoftwareStatement(statement: unknown): void {
  if (statement === undefined || statement === null || statement === '') return
  if (typeof statement !== 'string' || !COMPACT_JWT.test(statement)) {
    throw new OAuthError('invalid_software_statement', 'the software statement is not a signed JWT', {
      reason: 'software_statement_malformed',
    })
  }
  throw new OAuthError('unapproved_software_statement', 'this gateway takes no software statements; register without one', {
    reason: 'software_statement',
  })
}
