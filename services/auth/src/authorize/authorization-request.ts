import { type Clock, nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { AUTHORIZATION_REQUEST_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { createSealer } from '../secrets/sealer.ts'

/** Raised when the members below change their meaning: what an older replica sealed is then asked for again. */
const FORMAT = 1

/** A request to /authorize after every rule: whom to ask what, and where the answer goes. */
export interface AuthorizationRequest {
  /** 128 random bits; a decision is recorded under it once. */
  readonly requestId: string
  /** Unix seconds. */
  readonly issuedAt: number
  readonly clientId: string
  /** As sent, or the client's only one. Matched against the registered ones, which is done again before an answer. */
  readonly redirectUri: string
  /** Percent-encoded, as it goes back. */
  readonly state?: string
  readonly codeChallenge: string
  /** Canonical URL of one of our resources. */
  readonly resource: string
  readonly scopes: readonly string[]
  readonly prompts: readonly Prompt[]
  readonly nonce?: string
  /** Seconds since the sign-in at most, when the client cares. */
  readonly maxAge?: number
  /** RFC 9449 §10: thumbprint of the key that shall redeem the code. */
  readonly dpopJkt?: string
}

/** OpenID Connect Core §3.1.2.1. */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/**
 * Carries requests through the browser instead of the store, so that GET /authorize is idempotent and needs no cookie.
 * Sealed: nobody reads or changes them on the way.
 */
export interface AuthorizationRequests {
  seal(request: AuthorizationRequest): string
  /** @throws OAuthError `invalid_request` when it is not of our making or took too long */
  open(sealed: string | undefined): AuthorizationRequest
}

export function createAuthorizationRequests(context: {
  readonly secrets: readonly string[]
  readonly clock: Clock
}): AuthorizationRequests {
  const sealer = createSealer(context.secrets, 'authorization-request')
  return {
    seal: (request) => sealer.seal(JSON.stringify({ format: FORMAT, ...request })),
    open: (sealed) => {
      const text = sealed === undefined ? undefined : sealer.open(sealed)
      const found = text === undefined ? undefined : (JSON.parse(text) as AuthorizationRequest & { readonly format: number })
      if (found?.format !== FORMAT) {
        throw new OAuthError('invalid_request', 'this is no sign-in that was begun here', { reason: 'request_unreadable' })
      }
      if (nowSeconds(context.clock) > found.issuedAt + AUTHORIZATION_REQUEST_TTL_SECONDS) {
        throw new OAuthError('invalid_request', 'the sign-in took too long', { reason: 'request_expired' })
      }
      return found
    },
  }
}
