import type { Config } from '../config.ts'

/** All that we ask of a provider during one request of the browser; a person waits no longer than this (FLT-15). */
export const PROVIDER_TIMEOUT_MS = 10_000

/** Where a provider sends the browser back; what the operator registers there. */
export const callbackUrl = ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, provider: string): string =>
  `${PUBLIC_URL}/callback/${provider}`
