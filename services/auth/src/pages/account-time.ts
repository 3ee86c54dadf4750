import { type Html, html } from './html.ts'

const STEPS = [
  { unit: 'minute', seconds: 60, until: 3600 },
  { unit: 'hour', seconds: 3600, until: 2 * 86_400 },
  { unit: 'day', seconds: 86_400, until: 60 * 86_400 },
  { unit: 'month', seconds: 30 * 86_400, until: Number.POSITIVE_INFINITY },
] as const

/** A time as people take it in, and as it can be looked up in a log. Both Unix seconds. */
export const timeTag = (at: number, now: number): Html =>
  html`<time datetime="${new Date(at * 1000).toISOString()}">${relativeTime(at, now)}</time> (${absoluteTime(at)})`

/** `just now`, `3 days ago`, `in 2 months`; rounded down. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.abs(now - at)
  const step = STEPS.find(({ until }) => distance < until)
  if (distance < 60 || !step) return at > now ? 'in a moment' : 'just now'
  const count = Math.floor(distance / step.seconds)
  const words = `${count} ${step.unit}${count === 1 ? '' : 's'}`
  return at > now ? `in ${words}` : `${words} ago`
}

const absoluteTime = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
