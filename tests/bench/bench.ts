import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Until, Window } from './load/window.ts'
import type { KeptCommand } from './process/keeper.ts'
import { canPin, startWorker, type Worker } from './process/worker.ts'
import { measure, median, type Samples, type Subject } from './rounds.ts'

export interface Settings {
  readonly rounds: number
  readonly seconds: number
}

/** What a suite works with. Everything started through it ends with it. */
export interface Bench {
  readonly settings: Settings
  /** Of its own, removed at the end. */
  readonly folder: string
  readonly root: string
  /** Servers on one core, load on another; undefined on a machine that has or can do only less. */
  readonly serverCore: number | undefined
  /** Starts a module of `targets/`. */
  target(module: URL, options?: { readonly core?: number | undefined; readonly flags?: readonly string[] }): Worker
  /** A load generator. */
  generator(options?: { readonly core?: number | undefined }): Worker
  /** A program of its own. @returns its process id */
  program(command: KeptCommand): Promise<{ readonly pid: number; stop(): Promise<number> }>
  /** Processes that count as ours though nothing of ours started them. */
  adopt(pid: number): void
  measure(subjects: readonly Subject[], until?: Until, rounds?: number): Promise<Samples>
  say(what: string): void
  /** Cores that other programs kept busy during the windows that count. */
  noise(): number
  /** Ends everything. */
  close(): Promise<void>
}

const WARM_UP_SECONDS = 1.5

export function createBench(settings: Settings, say: (what: string) => void): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const workers: Worker[] = []
  const adopted: number[] = []
  const noise: number[] = []
  const start = (module: URL, options: { core?: number | undefined; flags?: readonly string[] } = {}) => {
    const worker = startWorker(fileURLToPath(module), options)
    workers.push(worker)
    return worker
  }
  return {
    settings,
    folder,
    root: fileURLToPath(new URL('../..', import.meta.url)),
    serverCore: canPin && availableParallelism() > 1 ? 0 : undefined,
    target: start,
    generator: (options) => start(new URL('load/generator.ts', import.meta.url), options),
    program: async (command) => {
      const keeper = start(new URL('process/keeper.ts', import.meta.url))
      const pid = await keeper.ask<number | undefined>('start', command)
      if (pid === undefined) throw new Error(`${command.command[0]} cannot be started`)
      return { pid, stop: () => keeper.ask<number>('stop') }
    },
    adopt: (pid) => void adopted.push(pid),
    measure: async (subjects, until = { seconds: settings.seconds }, rounds = settings.rounds) => {
      const samples = await measure(subjects, {
        rounds,
        until,
        warmUp: until.requests === undefined ? { seconds: WARM_UP_SECONDS } : { requests: Math.ceil(until.requests / 3) },
        ownPids: () => [process.pid, ...adopted],
        say,
      })
      for (const windows of samples.values()) noise.push(...windows.map(({ foreignCores }) => foreignCores))
      return samples
    },
    noise: () => median(noise),
    say,
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A load of the generator, as something to measure. */
export const subject = (generator: Worker, name: string, pids: readonly number[], leadIn?: Until): Subject => ({
  name,
  pids,
  leadIn,
  run: (until) => generator.ask<Window>('run', { name, until }),
})
