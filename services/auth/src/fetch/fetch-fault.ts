/** What kept a document from coming. A word for the log; it goes on no wire. */
export type FetchReason =
  | 'url_malformed'
  | 'http_not_allowed'
  | 'address_not_public'
  | 'redirect'
  | 'gone'
  | 'status'
  | 'media_type'
  | 'encoded'
  | 'too_large'
  | 'not_json'
  | 'host_unknown'
  | 'unreachable'
  | 'too_slow'
  | 'busy'

/**
 * A document could not be had. `unavailable`: nobody can say now what it says (the host is down, slow, overloaded or keeps
 * robots out), so an older copy may speak for it. Otherwise the answer is that there is no such document.
 */
export class FetchFault extends Error {
  override readonly name = 'FetchFault'
  readonly reason: FetchReason
  readonly isUnavailable: boolean

  constructor(reason: FetchReason, options: { readonly isUnavailable: boolean; readonly cause?: unknown }) {
    super(`the document could not be fetched: ${reason}`, { cause: options.cause })
    this.reason = reason
    this.isUnavailable = options.isUnavailable
  }
}

export const refused = (reason: FetchReason, cause?: unknown): FetchFault =>
  new FetchFault(reason, { isUnavailable: false, cause })
export const unavailable = (reason: FetchReason, cause?: unknown): FetchFault =>
  new FetchFault(reason, { isUnavailable: true, cause })
