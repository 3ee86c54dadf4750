import { IdentityProviderError } from './identity-provider.ts'

/** Turns what the GitHub library throws into a fault: what GitHub refused, or that it gave no usable answer. */
export function githubFault(error: unknown): IdentityProviderError {
  if (error instanceof IdentityProviderError) return error
  const { status } = error as { status?: number }
  // 500 is also what the library says of a broken connection.
  const isRefusal = status !== undefined && status >= 400 && status < 500 && status !== 403 && status !== 408 && status !== 429
  return isRefusal
    ? new IdentityProviderError('rejected', `GitHub refused with status ${status}`, error)
    : new IdentityProviderError('unavailable', 'GitHub gave no usable answer', error)
}
