import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

const MAIN = resolve(import.meta.dirname, '../../services/cli/src/main.ts')

export interface CommandOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output, of a call with `--json`. */
  json(): Record<string, unknown>
}

/** Runs `gatehouse …` as a process of its own, in a folder without a settings file. It sees these variables alone. */
export const gatehouse = (environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<CommandOutcome> =>
  gatehouseIn(tmpdir(), environment, ...args)

/** As gatehouse(), in a folder of the caller's. */
export async function gatehouseIn(
  folder: string,
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CommandOutcome> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {
    status: Number(status),
    stdout,
    stderr,
    json: () => JSON.parse(stdout) as Record<string, unknown>,
  }
}
