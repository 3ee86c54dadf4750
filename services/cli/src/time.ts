import { UsageError } from './command.ts'

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const

/** Seconds of `90s`, `15m`, `12h`, `30d`, `2w`. @throws UsageError */
export function readDuration(option: string, text: string): number {
  const [, digits, unit] = /^([1-9]\d{0,8})([smhdw])$/.exec(text) ?? []
  if (digits === undefined || unit === undefined)
    throw new UsageError(`--${option} takes a number and s, m, h, d or w, as in 30d`)
  return Number(digits) * UNITS[unit as keyof typeof UNITS]
}

/** ISO 8601 in UTC, to the second. */
export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

/** For people: the same, easier to read. */
export const readable = (seconds: number): string =>
  iso(seconds)
    .replace('T', ' ')
    .replace(/:\d\dZ$/, ' UTC')
