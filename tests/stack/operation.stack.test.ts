import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { prepareStack, type Stack, startStack } from './stack.ts'

const SERVICES = ['traefik', 'auth', 'redis', 'bridge'] as const

describeWithDocker('the containers of the compose stack', () => {
  let stack: Stack
  let client: OAuthClient
  beforeAll(async () => {
    stack = await startStack()
    client = new OAuthClient(stack.server('everything'))
    await client.signIn(createPerson({ password: stack.password }))
  })
  afterAll(() => stack?.remove())

  const inside = (service: string, ...command: string[]) => stack.compose('exec', '-T', service, ...command)

  describe.each(SERVICES)('%s', (service) => {
    it('is healthy, and was started once', async () => {
      const container = await stack.inspect(service)
      expect(container.State).toMatchObject({ Status: 'running', Health: { Status: 'healthy' } })
      expect(container.RestartCount).toBe(0)
    })

    it('has neither root nor capabilities nor a file system to change, and limits that hold (BRG-25)', async () => {
      const { Config, HostConfig } = await stack.inspect(service)
      expect(Config.User).toBe('1000:1000')
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], CapAdd: null, Privileged: false })
      expect(HostConfig.SecurityOpt).toContain('no-new-privileges:true')
      expect(HostConfig.Memory).toBeGreaterThan(0)
      expect(HostConfig.PidsLimit).toBeGreaterThan(0)
      const status = await inside(service, 'cat', '/proc/self/status')
      expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
      expect(status).toMatch(/^CapEff:\t0{16}$/m)
      expect(status).toMatch(/^CapBnd:\t0{16}$/m)
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
      expect(status).toMatch(/^Seccomp:\t2$/m)
      await expect(inside(service, 'touch', '/etc/gatehouse-test')).rejects.toThrow(/Read-only file system/)
    })

    it('publishes ports only if it is Traefik, and only to this machine', async () => {
      const { HostConfig } = await stack.inspect(service)
      const addresses = Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) => bindings.map(({ HostIp }) => HostIp))
      expect(addresses).toEqual(service === 'traefik' ? ['127.0.0.1'] : [])
    })
  })

  it('gives Redis a user that sees our keys alone and can do nothing else', async () => {
    const redis = (...command: string[]) =>
      inside(
        'redis',
        'sh',
        '-c',
        `REDISCLI_AUTH="$(cat /run/store-secrets/redis-password)" redis-cli --user gatehouse ${command.join(' ')}`,
      )
    expect(await redis('ping')).toBe('PONG\n')
    expect(await redis('set', 'elsewhere', '1')).toContain('NOPERM')
    for (const command of ['flushall', 'keys "*"', 'config get "*"', 'shutdown', 'acl list', 'replicaof no one']) {
      expect(await redis(command), command).toContain('NOPERM')
    }
    expect(await inside('redis', 'redis-cli', 'ping')).toContain('NOAUTH')
  })

  it('has the operator’s command line, which sees what auth sees', async () => {
    const { keys } = JSON.parse(await inside('auth', 'gatehouse', 'keys', 'list', '--json')) as { keys: object[] }
    expect(keys).toEqual([expect.objectContaining({ state: 'signing', secret: 1 })])
    const { clients } = JSON.parse(await inside('auth', 'npx', 'gatehouse', 'clients', 'list', '--json')) as { clients: object[] }
    expect(clients).toContainEqual(expect.objectContaining({ clientId: client.registration.client_id, people: 1 }))
    await expect(inside('auth', 'gatehouse', 'frobnicate')).rejects.toThrow(/no command/)
  })

  it('keeps secrets from the bridge and its servers', async () => {
    expect(await inside('bridge', 'env')).not.toMatch(/SECRET|PASSWORD|REDIS|STORE_URL/)
    await expect(inside('bridge', 'ls', '/run/store-secrets')).rejects.toThrow(/No such file/)
    const reach = (host: string, port: number) =>
      inside(
        'bridge',
        'node',
        '-e',
        `require('net').connect(${port}, '${host}').on('connect', () => process.exit(0)).on('error', () => process.exit(7))`,
      )
    await expect(reach('redis', 6379)).rejects.toThrow()
    await expect(reach('auth', 9090)).resolves.toBeDefined()
  })

  it('answers 503 with Retry-After while Redis is away, never 401, and serves again when it is back (FLT-01)', async () => {
    expect(await client.knock()).toBe('open')
    await stack.compose('stop', '--timeout', '2', 'redis')
    // A known token is good for five seconds without the store.
    const refused = await until(
      () => client.post({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      ({ status }) => status === 503,
      15_000,
    )
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
    const refresh = await client.refresh()
    expect([refresh.status, refresh.json().error]).not.toContain('invalid_grant')
    expect(refresh.status).toBe(503)
    expect(refresh.headers['retry-after']).toMatch(/^\d+$/)
    expect((await send(`${stack.url}/.well-known/oauth-authorization-server`)).status).toBe(200)
    await stack.compose('start', 'redis')
    expect(
      await until(
        () => client.knock(),
        (answer) => answer === 'open',
        20_000,
      ),
    ).toBe('open')
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
  })

  it('loses nothing when Redis is killed in the middle of its work (FLT-09)', async () => {
    const { refresh_token: before } = await client.refreshTokens()
    await stack.compose('kill', 'redis')
    await stack.compose('up', '--detach', '--wait')
    expect(client.tokens?.refresh_token).toBe(before)
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
  })

  it.each(['auth', 'bridge', 'traefik'])('comes back by itself when %s is killed', async (service) => {
    const { Id } = await stack.inspect(service)
    await stack.compose('kill', service)
    await stack.compose('up', '--detach', '--wait')
    expect((await stack.inspect(service)).Id).toBe(Id)
    expect(
      await until(
        () => client.knock().catch(() => 0),
        (answer) => answer === 'open',
        10_000,
      ),
    ).toBe('open')
  })

  it('ends within its grace time, every process by itself', async () => {
    await stack.compose('stop')
    for (const service of SERVICES) {
      const { ExitCode } = (await stack.inspect(service)).State
      // 137 would be Docker's kill.
      expect(ExitCode, service).toBe(0)
    }
  })
})

describeWithDocker('a compose stack that cannot be right', () => {
  const CASES = [
    [
      'a domain without secrets',
      { PUBLIC_URL: 'https://mcp.example.com' },
      ['GATEHOUSE_SECRET is required', 'OPERATOR_PASSWORD or an identity provider'],
    ],
    ['plain http on a domain', { PUBLIC_URL: 'http://mcp.example.com' }, ['PUBLIC_URL must start with https://']],
    [
      'a placeholder for a secret',
      { GATEHOUSE_SECRET: 'change-me-change-me-change-me-change-me' },
      ['GATEHOUSE_SECRET looks like a placeholder'],
    ],
    ['half a provider', { GITHUB_CLIENT_ID: 'abc' }, ['GITHUB_CLIENT_SECRET is missing beside GITHUB_CLIENT_ID']],
    ['a short Redis password', { REDIS_PASSWORD: 'canary-7' }, ['REDIS_PASSWORD is shorter than 16 characters']],
  ] as const

  it.each(CASES)(
    '%s stops it before anything listens, and says which variable (CFG-01)',
    async (_what, environment, sentences) => {
      const stack = await prepareStack({ environment })
      try {
        await expect(stack.compose('up', '--build', '--detach', '--wait')).rejects.toThrow()
        const said = await stack.logs('secrets')
        for (const sentence of sentences) expect(said).toContain(sentence)
        for (const value of Object.values(environment)) if (!value.startsWith('http')) expect(said).not.toContain(value)
        expect((await stack.inspect('secrets')).State.ExitCode).toBe(1)
        expect((await stack.inspect('traefik')).State.Status).toBe('created')
      } finally {
        await stack.remove()
      }
    },
  )
})

/** Asks until the answer is right, four times a second. @returns the last answer */
async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean, limitMs: number): Promise<T> {
  const end = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (isRight(answer) || Date.now() > end) return answer
    await wait(250)
  }
}
