import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { PUSHED_REQUEST_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import type { Stores } from '../store/stores.ts'
import type { AuthorizationRequest, AuthorizationRequests } from './authorization-request.ts'

/** RFC 9126 §2.2 leaves the form to us; this one is its example's. */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** Whether a `request_uri` can only be one of ours. Any other is an address, which nobody here ever visits. */
export const isPushedRequestUri = (requestUri: string | undefined): requestUri is string =>
  requestUri?.startsWith(PREFIX) ?? false

/** Authorization requests that clients handed in beforehand (RFC 9126). */
export interface PushedRequests {
  /** Keeps a judged request for PUSHED_REQUEST_TTL_SECONDS. @returns its `request_uri` */
  push(request: AuthorizationRequest): Promise<string>
  /**
   * The request as it was pushed, any number of times while nobody has answered it: browsers reload, and clients look ahead.
   * It keeps its id, so of all its copies one answer at most comes about (docs/adr/0011-a-pushed-request-ends-with-its-answer.md).
   * @throws OAuthError `invalid_request_uri` for one that is unknown, expired, answered or another client's; one text for all
   */
  open(requestUri: string, client: Client): Promise<AuthorizationRequest>
}

export function createPushedRequests(
  { expiring, decisions }: Pick<Stores, 'expiring' | 'decisions'>,
  requests: AuthorizationRequests,
): PushedRequests {
  return {
    push: async (request) => {
      const reference = randomSecret()
      // Sealed, because `state` and `nonce` are the client's secrets; by its digest, so that a dump opens nothing.
      await expiring.put('pushed-request', sha256(reference), requests.seal(request), PUSHED_REQUEST_TTL_SECONDS)
      return PREFIX + reference
    },
    open: async (requestUri, client) => {
      const sealed = await expiring.find('pushed-request', sha256(requestUri.slice(PREFIX.length)))
      if (sealed === undefined) throw refuse('pushed_request_unknown')
      const request = requests.open(sealed)
      if (request.clientId !== client.clientId) throw refuse('pushed_request_of_other_client')
      if ((await decisions.find(request.requestId)) !== undefined) throw refuse('pushed_request_answered')
      return request
    },
  }
}

const refuse = (reason: string): OAuthError =>
  new OAuthError('invalid_request_uri', 'the request_uri is unknown, expired or used; push the request again', { reason })
