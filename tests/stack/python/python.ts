import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const FOLDER = import.meta.dirname
const VENV = join(FOLDER, '.venv')
const PYTHON = join(VENV, 'bin/python')
const REQUIREMENTS = join(FOLDER, 'requirements.txt')
/** What the environment was made from, to make it anew when that changes. */
const MADE_FROM = join(VENV, 'made-from.txt')

export interface PythonOutcome {
  readonly tools: readonly string[]
  readonly text: string
  readonly again: string
  readonly visits: number
  readonly refreshed: boolean
}

/** Python 3.10 or later with the official SDK; made once, kept beside this file. */
export async function preparePython(): Promise<void> {
  const wanted = readFileSync(REQUIREMENTS, 'utf8')
  if (existsSync(MADE_FROM) && readFileSync(MADE_FROM, 'utf8') === wanted) return
  await run('python3', ['-m', 'venv', '--clear', VENV])
  await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS])
  writeFileSync(MADE_FROM, wanted)
}

/** Signs in with the Python SDK, calls a tool, lets the token run out, calls again. */
export async function callFromPython(url: string, tool: string, args: object, password: string): Promise<PythonOutcome> {
  const browser = [process.execPath, join(FOLDER, 'browser.ts')]
  const { stdout } = await run(PYTHON, [join(FOLDER, 'client.py'), url, tool, JSON.stringify(args), ...browser], {
    env: { ...process.env, GATEHOUSE_PASSWORD: password },
    timeout: 100_000,
  })
  return JSON.parse(stdout) as PythonOutcome
}
