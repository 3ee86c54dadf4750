import type { Params } from '../http/params.ts'
import { OAuthError } from '../oauth/error.ts'

/**
 * Request objects (RFC 9101) are refused unread, and a `request_uri` is never fetched: it would let anybody make this
 * machine ask for any address.
 * @throws OAuthError `request_not_supported`, `request_uri_not_supported` (OpenID Connect Core §3.1.2.6)
 */
export function checkRequestObject(params: Params): void {
  if (params.request !== undefined) {
    throw new OAuthError('request_not_supported', 'request objects are not supported', { reason: 'request_object' })
  }
  if (params.request_uri !== undefined) {
    throw new OAuthError('request_uri_not_supported', 'request_uri is not supported', { reason: 'request_uri' })
  }
}
