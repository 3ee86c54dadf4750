import { type ParseArgsOptionsConfig, parseArgs, styleText } from 'node:util'
import { StoreUnavailableError } from '@gatehouse/auth/operator'
import { ConfigError } from '@gatehouse/runtime'
import { type Call, type Command, Failure, type Surroundings, UsageError } from './command.ts'
import { COMMANDS } from './commands.ts'
import { commandHelp, generalHelp } from './help.ts'

/** Done. */
const OK = 0
/** It could not be done: the configuration, the store, or what was named is not there. */
const FAILED = 1
/** It was typed wrongly. */
const MISUSED = 2

/** Runs one command line. @returns the exit status */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings
  const bold = (text: string) => styleText('bold', text, { stream: stdout })
  try {
    if (args.length === 0 || args[0] === '--help' || args[0] === '-h' || args[0] === 'help') {
      stdout.write(generalHelp(COMMANDS, bold))
      return args.length === 0 ? MISUSED : OK
    }
    const { command, rest } = findCommand(args)
    if (rest.includes('--help') || rest.includes('-h')) {
      stdout.write(commandHelp(command, bold))
      return OK
    }
    await command.run(readCall(command, rest, surroundings))
    return OK
  } catch (error) {
    stderr.write(`${styleText('red', explain(error), { stream: stderr })}\n`)
    return error instanceof UsageError ? MISUSED : FAILED
  }
}

function findCommand(args: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  for (const words of [2, 1]) {
    const command = COMMANDS.find(({ name }) => name === args.slice(0, words).join(' '))
    if (command) return { command, rest: args.slice(words) }
  }
  const family = COMMANDS.filter(({ name }) => name.startsWith(`${args[0]} `)).map(({ name }) => `gatehouse ${name}`)
  if (family.length > 0) throw new UsageError(`there is ${family.join(', ')}`)
  throw new UsageError(`there is no command ${args[0]}; gatehouse --help lists them`)
}

function readCall(command: Command, args: readonly string[], surroundings: Surroundings): Call {
  const options: ParseArgsOptionsConfig = { json: { type: 'boolean' } }
  for (const [name, { help, ...option }] of Object.entries(command.options ?? {})) options[name] = option
  const { values, positionals } = parse(command, args, options)
  const { stdout, stderr } = surroundings
  return {
    ...surroundings,
    options: values,
    positionals,
    result: (data, text) => {
      stdout.write(values.json === true ? `${JSON.stringify(data, undefined, 2)}\n` : `${text}\n`)
    },
    note: (text) => {
      stderr.write(`${styleText('dim', text, { stream: stderr })}\n`)
    },
  }
}

function parse(command: Command, args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: command.takesPositionals === true })
  } catch (error) {
    // "Unknown option '--x'. To specify a positional argument …": the first sentence says it.
    const [fault = ''] = (error as Error).message.split('. ')
    throw new UsageError(`${fault}; gatehouse ${command.name} --help says what it takes`)
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return `the configuration has faults:\n${error.message}`
  if (error instanceof StoreUnavailableError)
    return 'the store does not answer; check that it runs, that STORE_URL is right, and try again'
  if (error instanceof UsageError || error instanceof Failure) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
