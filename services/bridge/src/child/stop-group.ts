import { setTimeout as sleep } from 'node:timers/promises'

/** How long a child has after each step of its end. Together with the bridge's own work they stay below 6 s. */
export interface StopWaits {
  readonly afterEofMs: number
  readonly afterTermMs: number
  readonly afterKillMs: number
}

export const STOP_WAITS: StopWaits = { afterEofMs: 2000, afterTermMs: 2000, afterKillMs: 500 }

const POLL_MS = 20

/**
 * Ends a process group: end of input has been signalled already, then TERM to all of it, then KILL. Resolves when no
 * process of the group is left or every wait is over; never rejects. A process that made itself a session of its own has
 * left the group and is not found.
 * @param pid - of a process that was started as leader of its own group
 */
export async function stopGroup(pid: number, waits: StopWaits): Promise<void> {
  if (await isGone(pid, waits.afterEofMs)) return
  signal(pid, 'SIGTERM')
  if (await isGone(pid, waits.afterTermMs)) return
  signal(pid, 'SIGKILL')
  await isGone(pid, waits.afterKillMs)
}

async function isGone(pid: number, withinMs: number): Promise<boolean> {
  for (let waited = 0; ; waited += POLL_MS) {
    if (!signal(pid, 0)) return true
    if (waited >= withinMs) return false
    await sleep(POLL_MS)
  }
}

/** @returns whether the group has a process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, name)
    return true
  } catch (error) {
    // EPERM: it lives, but under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
