import { type DestinationStream, type Logger, pino } from 'pino'
import { HIDDEN, hideSecretsWithin, SECRET_KEYS } from './hide-secrets.ts'
import { createStandardOutput, type LogOutput } from './standard-output.ts'

export type { Logger } from 'pino'

/** One for all logs of a process. */
let standardOutput: LogOutput | undefined

/**
 * The service's log: one JSON object a line. Requests are logged as refusals and events, not one by one.
 * @param destination - for tests; standard output otherwise
 */
export function createLog(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    // A second fence behind not logging secrets at all.
    formatters: { level: (label: string) => ({ level: label }), log: hideSecretsWithin },
    redact: { paths: SECRET_KEYS.map((key) => `["${key}"]`), censor: HIDDEN },
    serializers: {
      // The message and the chain of causes, without the enumerable members that libraries hang on errors (requests, tokens).
      err: (error: unknown) => describeError(error),
    },
  }
  if (destination) return pino(options, destination)
  standardOutput ??= createStandardOutput()
  return pino(options, standardOutput)
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
