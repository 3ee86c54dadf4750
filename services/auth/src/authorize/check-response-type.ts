import { OAuthError } from '../oauth/error.ts'

/**
 * Only the code grant exists (OAuth 2.1 §10.1 removed the implicit one), and its answer only travels in the query.
 * @throws OAuthError `unsupported_response_type`, or `invalid_request` when absent or for another `response_mode`
 */
export function checkResponseType(responseType: string | undefined, responseMode: string | undefined): void {
  if (responseType === undefined) {
    throw new OAuthError('invalid_request', 'response_type is missing; it is code', { reason: 'response_type_missing' })
  }
  if (responseType !== 'code') {
    throw new OAuthError('unsupported_response_type', 'response_type must be code', { reason: 'response_type_unsupported' })
  }
  if (responseMode !== undefined && responseMode !== 'query') {
    throw new OAuthError('invalid_request', 'response_mode must be query', { reason: 'response_mode_unsupported' })
  }
}
