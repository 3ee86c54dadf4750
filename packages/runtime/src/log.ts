import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Keys whose values are secrets wherever they stand; a second fence behind not logging them at all. */
const SECRET_KEYS = [
  'authorization',
  'cookie',
  'password',
  'client_secret',
  'code',
  'code_verifier',
  'refresh_token',
  'access_token',
  'id_token',
  'registration_access_token',
  'state',
  'x-auth-assertion',
  'x-signature',
  'set-cookie',
  'location',
]

/**
 * The service's log: one JSON object a line. Requests are logged as refusals and events, not one by one.
 * @param destination - for tests; standard output otherwise
 */
export function createLog(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.headers["${key}"]`]), censor: '[secret]' },
    serializers: {
      // The message and the chain of causes, without the enumerable members that libraries hang on errors (requests, tokens).
      err: (error: unknown) => describeError(error),
    },
  }
  return destination ? pino(options, destination) : pino(options)
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}
