import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'

/**
 * A client that always pushes (RFC 9126 §6 `require_pushed_authorization_requests`) has its name used by somebody else when a
 * request comes without. @throws OAuthError `invalid_request` (§4)
 */
export function checkPushed({ requirePushedAuthorizationRequests: isRequired }: Client): void {
  if (!isRequired) return
  throw new OAuthError('invalid_request', 'this client must push its requests', { reason: 'request_not_pushed' })
}
