import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideDevice } from '../device/decide-device.ts'
import { startDevice } from '../device/start-device.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { sha256 } from '../oauth/secret.ts'
import { createDeviceAuthorizations } from '../store/device-authorizations.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestApp, createTestContext, form, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import { addClient, readPayload, type TestClient, type TokenAnswer } from '../testing/token-client.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const grantTypes = [DEVICE_CODE_GRANT_TYPE, 'refresh_token']
const RESOURCE = 'https://gate.test/memory/mcp'

let context: TestContext
let app: FastifyInstance
let replica: FastifyInstance
let client: TestClient
let other: TestClient
beforeAll(async () => {
  context = await createTestContext()
  app = await appOf(context)
  replica = await appOf(await createTestContext({ replicaOf: context }))
  client = await addClient(context, { grantTypes, redirectUris: [] })
  other = await addClient(context, { grantTypes, redirectUris: [] })
})
afterAll(async () => {
  await app.close()
  await replica.close()
})

const appOf = (of: TestContext) => createTestApp((scope) => tokenEndpoint(scope, of), of)

interface Waiting {
  readonly deviceCode: string
  readonly approve: (identity?: typeof OCTOCAT) => Promise<unknown>
  readonly deny: () => Promise<unknown>
}

/** A device that has just started, and what a person may say about it. */
async function wait(scopes: readonly string[] = ['mcp'], resource = RESOURCE): Promise<Waiting> {
  const asker = await context.clients.find(client.clientId)
  const of = context.resources.byUrl(resource)
  if (!asker || !of) throw new Error('no client or no resource')
  const { deviceCode } = await startDevice(context, asker, of, scopes, '203.0.113.7')
  const devices = createDeviceAuthorizations(context.stores)
  const authorization = await devices.findByCode(sha256(deviceCode))
  if (!authorization) throw new Error('nothing was started')
  const decide = (wish: Parameters<typeof decideDevice>[4], identity = OCTOCAT) =>
    decideDevice(context, devices, { authorization }, { identity, signedInAt: 1 }, wish)
  return {
    deviceCode,
    approve: (identity) => decide({ decision: 'approve', scopes }, identity),
    deny: () => decide({ decision: 'deny' }),
  }
}

type Fields = Readonly<Record<string, string | undefined>>

const ask = (deviceCode: string | undefined, fields: Fields = {}, at = app) =>
  at.inject({
    method: 'POST',
    url: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: form({ grant_type: DEVICE_CODE_GRANT_TYPE, client_id: client.clientId, device_code: deviceCode, ...fields }),
  })

const errorOf = async (answer: ReturnType<typeof ask>): Promise<[number, string]> => {
  const response = await answer
  expect(response.headers['cache-control']).toBe('no-store')
  return [response.statusCode, response.json().error]
}

describe('a device that asks', () => {
  it('gets tokens once the person has said yes, and refreshes them', async () => {
    const device = await wait(['mcp', 'openid'])
    expect(await errorOf(ask(device.deviceCode))).toEqual([400, 'authorization_pending'])
    await device.approve()
    const answer = await ask(device.deviceCode)
    expect(answer.statusCode).toBe(200)
    const tokens = answer.json<TokenAnswer>()
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'mcp openid', refresh_token: expect.stringMatching(/^ref_/) })
    expect(readPayload(tokens.access_token)).toMatchObject({
      aud: RESOURCE,
      sub: 'github:583231',
      client_id: client.clientId,
      scope: 'mcp openid',
    })
    expect(readPayload(tokens.id_token ?? '')).toMatchObject({ aud: client.clientId, sub: 'github:583231', auth_time: 1 })
    const grantId = String(readPayload(tokens.access_token).grant_id)
    expect((await context.stores.grants.find(grantId))?.grant).toMatchObject({ via: 'device_code', identity: OCTOCAT })
    const refreshed = await ask(undefined, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    expect(refreshed.statusCode).toBe(200)
  })

  it('keeps its client for good (rule 20)', async () => {
    const device = await wait()
    await device.approve()
    await ask(device.deviceCode)
    const listed = (await context.stores.clients.list()).find(({ client: { clientId } }) => clientId === client.clientId)
    expect(listed).toBeDefined()
    expect(listed?.forgottenAt).toBeUndefined()
  })

  it.each<[what: string, prepare: (device: Waiting) => Promise<Fields> | Fields, status: number, error: string]>([
    ['without a code', () => ({ device_code: undefined }), 400, 'invalid_request'],
    ['with a code nobody made', () => ({ device_code: 'dev_nobody' }), 400, 'invalid_grant'],
    ['with the digest of its code', ({ deviceCode }) => ({ device_code: sha256(deviceCode) }), 400, 'invalid_grant'],
    ['as another client (TOK-04)', () => ({ client_id: other.clientId }), 400, 'invalid_grant'],
    ['as an unknown client', () => ({ client_id: 'cli_nobody' }), 401, 'invalid_client'],
    [
      'after the person said no (CON-06)',
      async ({ deny }) => {
        await deny()
        return {}
      },
      400,
      'access_denied',
    ],
    [
      'after the ten minutes',
      () => {
        context.advance(600)
        return {}
      },
      400,
      'expired_token',
    ],
    [
      'after the ten minutes, although the person said yes',
      async ({ approve }) => {
        await approve()
        context.advance(600)
        return {}
      },
      400,
      'expired_token',
    ],
    [
      'long after',
      () => {
        context.advance(1200)
        return {}
      },
      400,
      'invalid_grant',
    ],
    [
      'for another server than the one that was allowed (TOK-05)',
      async ({ approve }) => {
        await approve()
        return { resource: 'https://gate.test/docs/mcp' }
      },
      400,
      'invalid_target',
    ],
    [
      'after the person lost their place in ALLOWED_USERS (CON-17)',
      async ({ approve }) => {
        await approve({ ...OCTOCAT, login: 'mallory', subject: 'github:666', email: 'mallory@example.org' })
        return {}
      },
      400,
      'access_denied',
    ],
  ])('%s is refused', async (_what, prepare, status, error) => {
    const device = await wait()
    expect(await errorOf(ask(device.deviceCode, await prepare(device)))).toEqual([status, error])
  })

  it('spends nothing by a wrong question: the right one still works', async () => {
    const device = await wait()
    await device.approve()
    await ask(device.deviceCode, { resource: 'https://gate.test/docs/mcp' })
    await ask(device.deviceCode, { client_id: other.clientId })
    expect((await ask(device.deviceCode)).statusCode).toBe(200)
  })

  it('needs a client that registered for this grant', async () => {
    const { clientId } = await addClient(context)
    expect(await errorOf(ask((await wait()).deviceCode, { client_id: clientId }))).toEqual([400, 'unauthorized_client'])
  })

  it('finds no such grant where the operator has switched it off (TOK-13)', async () => {
    const off = await appOf(await createTestContext({ replicaOf: context, environment: { DEVICE_GRANT: 'off' } }))
    expect(await errorOf(ask('x', {}, off))).toEqual([400, 'unsupported_grant_type'])
    await off.close()
  })
})

describe('how often a device may ask (RFC 8628 §3.5)', () => {
  const askAfter = async (device: Waiting, seconds: number): Promise<string> => {
    context.advance(seconds)
    return (await errorOf(ask(device.deviceCode)))[1]
  }

  it('every five seconds, and a network that hurries one along is no fault', async () => {
    const device = await wait()
    const answers: string[] = []
    for (const seconds of [0, 5, 5, 4, 5, 5]) answers.push(await askAfter(device, seconds))
    expect(answers).toEqual(Array(6).fill('authorization_pending'))
  })

  it('five seconds less often from then on, each time it was too soon', async () => {
    const device = await wait()
    const steps: [seconds: number, answer: string][] = [
      [0, 'authorization_pending'],
      [2, 'slow_down'],
      [5, 'slow_down'],
      [15, 'authorization_pending'],
      [10, 'slow_down'],
      [15, 'slow_down'],
      [25, 'authorization_pending'],
      [25, 'authorization_pending'],
    ]
    for (const [seconds, answer] of steps) expect([seconds, await askAfter(device, seconds)]).toEqual([seconds, answer])
  })

  it('each device for itself', async () => {
    const [first, second] = [await wait(), await wait()]
    expect(await askAfter(first, 0)).toBe('authorization_pending')
    expect(await askAfter(first, 1)).toBe('slow_down')
    expect(await askAfter(second, 0)).toBe('authorization_pending')
  })

  it('counts over replicas: of fifty questions at once one is in time', async () => {
    const device = await wait()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => errorOf(ask(device.deviceCode, {}, index % 2 ? app : replica))),
    )
    expect(answers.filter(([, error]) => error === 'authorization_pending')).toHaveLength(1)
    expect(answers.filter(([, error]) => error === 'slow_down')).toHaveLength(49)
  })

  it('is no matter once the person has answered', async () => {
    const device = await wait()
    await askAfter(device, 0)
    await askAfter(device, 0)
    await device.approve()
    expect((await ask(device.deviceCode)).statusCode).toBe(200)
  })
})

describe('a yes', () => {
  it('is redeemed by one of fifty questions at once on two replicas, and the others end nothing (TOK-08)', async () => {
    const device = await wait()
    await device.approve()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(device.deviceCode, {}, index % 2 ? app : replica)),
    )
    const winners = answers.filter(({ statusCode }) => statusCode === 200)
    expect(winners).toHaveLength(1)
    for (const answer of answers.filter(({ statusCode }) => statusCode !== 200)) {
      expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_grant'])
    }
    const refreshed = await ask(undefined, {
      grant_type: 'refresh_token',
      refresh_token: winners[0]?.json<TokenAnswer>().refresh_token,
    })
    expect(refreshed.statusCode).toBe(200)
  })

  it('and a no at once: one of fifty answers stands, and what lost leaves no grant behind', async () => {
    const device = await wait()
    const before = (await context.stores.grants.listByClient(client.clientId)).length
    await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 ? device.approve() : device.deny())))
    const answer = await ask(device.deviceCode)
    const after = (await context.stores.grants.listByClient(client.clientId)).length
    if (answer.statusCode === 200) expect(after - before).toBe(1)
    else expect([answer.json().error, after - before]).toEqual(['access_denied', 0])
  })

  it.each(['find', 'findCode', 'redeemCode'] as const)(
    'is kept while the store is away (%s): 503, then tokens',
    async (method) => {
      const device = await wait()
      await device.approve()
      const target = (method === 'find' ? context.stores.expiring : context.stores.grants) as unknown as Record<string, unknown>
      const working = target[method]
      target[method] = () => Promise.reject(new StoreUnavailableError('away'))
      const away = await ask(device.deviceCode)
      target[method] = working
      expect([away.statusCode, away.headers['retry-after']]).toEqual([503, '2'])
      expect((await ask(device.deviceCode)).statusCode).toBe(200)
    },
  )
})
