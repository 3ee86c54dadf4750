import { setTimeout as sleep } from 'node:timers/promises'
import type { Until, Window } from './load/window.ts'
import { cpuMicros, machineMicros } from './process/usage.ts'

/** One of several things that are measured in turn. */
export interface Subject {
  readonly name: string
  /** The processes whose work it is; with all their descendants. */
  readonly pids: readonly number[]
  /** Load right before every window that is not counted: while others were measured, caches have grown old. */
  readonly leadIn?: Until | undefined
  run(until: Until): Promise<Window>
}

export interface Sample extends Window {
  readonly requestsPerSecond: number
  /** Of the subject's processes; NaN where it cannot be read. */
  readonly cpuMicrosPerRequest: number
  /** Cores that programs outside the benchmark kept busy meanwhile. */
  readonly foreignCores: number
}

export interface RoundsOptions {
  readonly rounds: number
  readonly warmUp: Until
  readonly until: Until
  /** Every process of the benchmark; what others use is noise. */
  readonly ownPids: () => readonly number[]
  readonly say: (what: string) => void
}

export type Samples = ReadonlyMap<string, readonly Sample[]>

/** A window in which others kept more of a core busy than this is not counted while there are quieter ones. */
const FOREIGN_CORES_LIMIT = 0.25

/** How long a round waits for others to fall silent. */
const CALM_LIMIT_MS = 10_000
const LOOK_MS = 250
const CALM_LOOKS = 2

/**
 * Measures all subjects in turn, round by round, forth and back, so that whatever slows the machine down meets them all.
 * Rounds in which other programs worked are measured again, up to as many times as there are rounds; then the quietest
 * are taken. What is kept does not depend on the results.
 */
export async function measure(subjects: readonly Subject[], options: RoundsOptions): Promise<Samples> {
  for (const subject of subjects) {
    options.say(`${subject.name}: warming up`)
    await subject.run(options.warmUp)
  }
  const rounds: ReadonlyMap<string, Sample>[] = []
  const isQuiet = (round: ReadonlyMap<string, Sample>) => noiseOf(round) <= FOREIGN_CORES_LIMIT
  while (rounds.length < 2 * options.rounds && rounds.filter(isQuiet).length < options.rounds) {
    options.say('waiting for a calm moment')
    await calm()
    const round = new Map<string, Sample>()
    const order = rounds.length % 2 === 0 ? subjects : subjects.toReversed()
    for (const subject of order) {
      options.say(`${subject.name}: round ${rounds.length + 1}`)
      round.set(subject.name, await sample(subject, options))
    }
    rounds.push(round)
  }
  const kept = rounds.toSorted((a, b) => noiseOf(a) - noiseOf(b)).slice(0, options.rounds)
  return new Map(subjects.map(({ name }) => [name, kept.flatMap((round) => round.get(name) ?? [])]))
}

/** Nothing of ours works between two rounds, so whatever works then is somebody else's. */
async function calm(): Promise<void> {
  for (let waited = 0, quiet = 0; waited < CALM_LIMIT_MS && quiet < CALM_LOOKS; waited += LOOK_MS) {
    const before = machineMicros()
    await sleep(LOOK_MS)
    const isQuiet = !(machineMicros() - before > FOREIGN_CORES_LIMIT * LOOK_MS * 1000)
    quiet = isQuiet ? quiet + 1 : 0
  }
}

const noiseOf = (round: ReadonlyMap<string, Sample>): number => {
  const noise = Math.max(...[...round.values()].map(({ foreignCores }) => foreignCores))
  return Number.isNaN(noise) ? 0 : noise
}

async function sample(subject: Subject, { until, ownPids }: RoundsOptions): Promise<Sample> {
  if (subject.leadIn !== undefined) await subject.run(subject.leadIn)
  const before = { cpu: cpuMicros(subject.pids), own: cpuMicros(ownPids()), machine: machineMicros(), at: performance.now() }
  const window = await subject.run(until)
  const after = { cpu: cpuMicros(subject.pids), own: cpuMicros(ownPids()), machine: machineMicros(), at: performance.now() }
  const foreignMicros = after.machine - before.machine - (after.own - before.own)
  return {
    ...window,
    requestsPerSecond: window.answered / window.seconds,
    cpuMicrosPerRequest: (after.cpu - before.cpu) / window.answered,
    foreignCores: Math.max(0, foreignMicros / ((after.at - before.at) * 1000)),
  }
}

export interface Ratio {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Round by round, so that only windows that were neighbours are compared. */
export function ratioOf(above: readonly Sample[], below: readonly Sample[], pick: (sample: Sample) => number): Ratio {
  return spread(above.map((sample, round) => pick(sample) / pick(below[round] ?? sample)))
}

export function spread(values: readonly number[]): Ratio {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: median(sorted), low: sorted[0] ?? Number.NaN, high: sorted.at(-1) ?? Number.NaN }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper
  return (upper + lower) / 2
}

export const medianOf = (samples: readonly Sample[] | undefined, pick: (sample: Sample) => number): number =>
  median((samples ?? []).map(pick))
