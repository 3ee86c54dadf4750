import type { Command } from './command.ts'

type Emphasis = (text: string) => string

const INDENT = '  '

export function generalHelp(commands: readonly Command[], bold: Emphasis): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return lines(
    `${bold('gatehouse')}: the operator's command line`,
    '',
    bold('Commands'),
    ...commands.map(({ name, summary }) => `${INDENT}${name.padEnd(width)}  ${summary}`),
    '',
    `${bold('gatehouse COMMAND --help')} says more about one of them.`,
    'Every command takes --json, and reads the same environment and .env as the services (STORE_URL, GATEHOUSE_SECRET …).',
    'Exit status: 0 done, 1 it could not be done, 2 it was typed wrongly.',
  )
}

export function commandHelp({ name, summary, usage, details, options = {} }: Command, bold: Emphasis): string {
  const all = { ...options, json: { help: 'Print the result as JSON.' }, help: { help: 'Print this.' } }
  const names = Object.keys(all).map((option) => `--${option}`)
  const width = Math.max(...names.map((option) => option.length))
  return lines(
    `${bold(`gatehouse ${name}`)} ${usage}`.trimEnd(),
    '',
    `${summary}.`,
    ...(details === '' ? [] : ['', details]),
    '',
    bold('Options'),
    ...Object.values(all).map(({ help }, index) => `${INDENT}${(names[index] ?? '').padEnd(width)}  ${help}`),
  )
}

const lines = (...texts: readonly string[]): string => `${texts.join('\n')}\n`
