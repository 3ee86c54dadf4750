import { StoreUnavailableError } from '../unavailable.ts'

/** First words of error replies by which Redis says "not now" or "not you"; any other error reply is a bug of ours. */
const UNAVAILABLE_REPLIES = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF', // cannot save to disk, so it refuses writes
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'OOM', // maxmemory with noeviction
  'READONLY', // a master that became a replica
  'TRYAGAIN',
  'UNKILLABLE',
  'WRONGPASS',
])

/** True when Redis answered with an error that starts with this word. */
export const isErrorReply = (error: unknown, word: string): boolean =>
  error instanceof Error && error.name === 'ReplyError' && error.message.startsWith(`${word} `)

/** Turns an outage into StoreUnavailableError and leaves bugs (WRONGTYPE, a faulty script) as they are. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  // Whatever ioredis rejects with besides error replies is about the connection: closed, timed out, not ready.
  if (error.name !== 'ReplyError') return new StoreUnavailableError(error)
  const word = error.message.split(' ', 1)[0] ?? ''
  return UNAVAILABLE_REPLIES.has(word) ? new StoreUnavailableError(error) : error
}
