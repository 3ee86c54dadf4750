import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'

const IMAGE = 'redis:8'
/** Characters that a URL must encode. */
export const PASSWORD = 'hunter2@/:%'

/** Redis servers in one container, on the same ports inside and outside, so that they may tell clients their addresses. */
export interface RedisContainer {
  readonly ports: readonly number[]
  /** An administrator's connection, for this test process alone. */
  admin(port?: number): Redis
  exec(...command: string[]): Promise<string>
  /** SIGKILL, as the power cut does. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Frozen: connections stay open and silent. */
  pause(): Promise<void>
  unpause(): Promise<void>
  stop(): Promise<void>
}

/** @param script - run by sh; gets the ports as $1, $2 … */
export async function startRedisContainer(script: string, portCount: number, readyMessage: RegExp): Promise<RedisContainer> {
  const ports = await freePorts(portCount)
  const started = await new GenericContainer(IMAGE)
    .withEntrypoint(['sh', '-c', script, 'sh', ...ports.map(String)])
    .withExposedPorts(...ports.map((port) => ({ container: port, host: port })))
    .withWaitStrategy(Wait.forLogMessage(readyMessage))
    .start()
  const runtime = await getContainerRuntimeClient()
  const container = runtime.container.getById(started.getId())
  const admins: Redis[] = []
  return {
    ports,
    admin: (port = ports[0]) => {
      const redis = new Redis({ port: port ?? 0, host: '127.0.0.1', password: PASSWORD })
      redis.on('error', () => {})
      admins.push(redis)
      return redis
    },
    exec: async (...command) => (await started.exec(command)).output,
    kill: async () => {
      await container.kill()
      await container.wait()
    },
    start: async () => void (await container.start()),
    pause: async () => void (await container.pause()),
    unpause: async () => void (await container.unpause()),
    stop: async () => {
      for (const redis of admins) redis.disconnect()
      await started.stop({ timeout: 0 })
    },
  }
}

/** One server with a password. */
export const startRedis = (): Promise<RedisContainer> =>
  startRedisContainer(
    `exec redis-server --port $1 --save '' --requirepass '${PASSWORD}' --enable-protected-configs yes`,
    1,
    /Ready to accept connections/,
  )

export const urlOf = ({ ports }: RedisContainer): string => `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${ports[0]}/3`

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
