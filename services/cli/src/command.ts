import type { ParseArgsOptionsConfig } from 'node:util'
import type { Clock } from '@gatehouse/auth/operator'
import type { Environment } from '@gatehouse/runtime'

/** The outside of the command line. */
export interface Surroundings {
  readonly environment: Environment
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly clock: Clock
}

/** One call of a command, its arguments read. */
export interface Call extends Surroundings {
  /** Options by name; a repeatable one is a list. */
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
  /**
   * The command's result, on standard output.
   * @param data - what `--json` prints; times are ISO 8601, secrets only where the command makes them
   * @param text - what people read
   */
  result(data: unknown, text: string): void
  /** A word beside the result, on standard error, for people. */
  note(text: string): void
}

export interface Command {
  /** As typed: `keys rotate`. */
  readonly name: string
  /** One line of the list of commands. */
  readonly summary: string
  /** Arguments after the name, as in a manual. */
  readonly usage: string
  /** More about it, below the usage. */
  readonly details: string
  /** What parseArgs knows, with a sentence each. `--json` and `--help` are everybody's. */
  readonly options?: Readonly<Record<string, ParseArgsOptionsConfig[string] & { readonly help: string }>>
  readonly takesPositionals?: boolean
  /** @throws UsageError, Failure, ConfigError, StoreUnavailableError */
  run(call: Call): Promise<void> | void
}

/** The command was typed wrongly: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command could not do what was asked: exit status 1. The message is for the operator. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** A text option. */
export function textOption(call: Call, name: string): string | undefined {
  const value = call.options[name]
  return typeof value === 'string' ? value : undefined
}

/** A text option that may be repeated. */
export function listOption(call: Call, name: string): string[] {
  const value = call.options[name]
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : []
}
