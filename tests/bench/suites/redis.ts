import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { startContainer } from '../process/container.ts'
import { freePort } from '../process/ports.ts'

const IMAGE = 'redis:8'
const GIVE_UP_MS = 60_000
const PAUSE_MS = 20

export interface BenchRedis {
  readonly url: string
  readonly pid: number
}

/** A Redis of the benchmark's own, without persistence: what a disk does is no concern of the figures. */
export async function startRedis(bench: Bench, core: number | undefined): Promise<BenchRedis> {
  const port = await freePort()
  bench.say(`starting ${IMAGE}`)
  const pid = await startContainer(bench, {
    image: IMAGE,
    name: `gatehouse-bench-redis-${port}`,
    command: ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    core,
    logFile: join(bench.folder, `redis-${port}.log`),
    untilServes: () => untilListens(port),
  })
  return { url: `redis://127.0.0.1:${port}/0`, pid }
}

async function untilListens(port: number): Promise<void> {
  for (const since = performance.now(); performance.now() - since < GIVE_UP_MS; await sleep(PAUSE_MS)) {
    const socket = connect({ port, host: '127.0.0.1' })
    const listens = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (listens) return
  }
  throw new Error(`no Redis listens on port ${port}`)
}
