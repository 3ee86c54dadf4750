import { PREDECESSORS_LIMIT, type Predecessor } from './grant-record.ts'

/**
 * The sealed successors from the presented token to the newest one; undefined when it was not rotated within the grace.
 * The grace is the caller's of now, so that a shorter one in the configuration holds for tokens rotated before.
 */
export function chainFrom(
  predecessors: readonly Predecessor[],
  presentedHash: string,
  graceSeconds: number,
  nowMs: number,
): string[] | undefined {
  const index = predecessors.findIndex(
    (predecessor) => predecessor.hash === presentedHash && predecessor.rotatedAtMs + graceSeconds * 1000 > nowMs,
  )
  return index < 0 ? undefined : predecessors.slice(index).map((predecessor) => predecessor.sealed)
}

/** Adds the token just rotated and forgets, oldest first, those past the grace or beyond the bound. */
export function withPredecessor(predecessors: readonly Predecessor[], rotated: Predecessor, graceSeconds: number): Predecessor[] {
  if (graceSeconds === 0) return []
  const kept = [...predecessors, rotated].slice(-PREDECESSORS_LIMIT)
  // Only from the front: a chain needs every link up to the newest, whatever the clocks of two replicas say.
  const first = kept.findIndex((predecessor) => predecessor.rotatedAtMs + graceSeconds * 1000 > rotated.rotatedAtMs)
  return kept.slice(first)
}
