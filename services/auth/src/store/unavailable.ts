/**
 * The backend did not answer. Never to be mistaken for "not found": clients throw their tokens away on a 401 or an
 * `invalid_grant`, so this becomes 503 with Retry-After.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  constructor(cause: unknown) {
    super('the store does not answer', { cause })
  }
}
