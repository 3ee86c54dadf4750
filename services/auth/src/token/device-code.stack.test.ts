import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithDocker } from '../../../../tests/support/docker.ts'
import { decideDevice } from '../device/decide-device.ts'
import { startDevice } from '../device/start-device.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { sha256 } from '../oauth/secret.ts'
import { createDeviceAuthorizations } from '../store/device-authorizations.ts'
import { openStores } from '../store/open-stores.ts'
import type { Stores } from '../store/stores.ts'
import { type RedisContainer, startRedis, urlOf } from '../store/testing/redis-containers.ts'
import { createTestApp, createTestContext, form, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import { addClient } from '../testing/token-client.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const ROUNDS = 20
const QUESTIONS = 50

let redis: RedisContainer
const stores: Stores[] = []
const contexts: TestContext[] = []
const replicas: FastifyInstance[] = []
describeWithDocker('two replicas on one Redis', () => {
  beforeAll(async () => {
    redis = await startRedis()
    const base = await createTestContext()

    for (let replica = 0; replica < 2; replica++) {
      const own = await openStores(urlOf(redis), { clock: base.clock, log: base.log })
      stores.push(own)
      const context = await createTestContext({ replicaOf: { ...base, stores: own } })
      contexts.push(context)
      replicas.push(await createTestApp((scope) => tokenEndpoint(scope, context), context))
    }
  })
  afterAll(async () => {
    for (const app of replicas) await app.close()
    for (const own of stores) await own.close()
    await redis?.stop()
  })

  it(`give one of ${QUESTIONS} questions at once the tokens of a device, ${ROUNDS} times (TOK-08)`, async () => {
    const [first, second] = contexts
    if (!first || !second) throw new Error('no replicas')
    const client = await addClient(first, { grantTypes: [DEVICE_CODE_GRANT_TYPE], redirectUris: [] })
    const asker = await second.clients.find(client.clientId)
    const resource = second.resources.byName('memory')
    if (!asker || !resource) throw new Error('no client or no resource')
    for (let round = 0; round < ROUNDS; round++) {
      const { deviceCode, userCode } = await startDevice(first, asker, resource, ['mcp'], '203.0.113.7')
      const ask = (app: FastifyInstance | undefined) =>
        app?.inject({
          method: 'POST',
          url: '/token',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          payload: form({ grant_type: DEVICE_CODE_GRANT_TYPE, client_id: client.clientId, device_code: deviceCode }),
        })
      const askTogether = async () => {
        const answers = await Promise.all(Array.from({ length: QUESTIONS }, (_, index) => ask(replicas[index % 2])))
        return Map.groupBy(answers, (answer) => (answer?.statusCode === 200 ? 'tokens' : String(answer?.json().error)))
      }
      const waiting = await askTogether()
      expect([...waiting].map(([answer, all]) => [answer, all.length]).sort()).toEqual([
        ['authorization_pending', 1],
        ['slow_down', QUESTIONS - 1],
      ])

      const devices = createDeviceAuthorizations(second.stores)
      const authorization = await devices.findByUserCode(userCode)
      if (!authorization) throw new Error('the other replica does not know the device')
      expect(authorization.codeHash).toBe(sha256(deviceCode))
      const session = { identity: OCTOCAT, signedInAt: 1 }
      await decideDevice(second, devices, { authorization }, session, { decision: 'approve', scopes: ['mcp'] })
      const answered = await askTogether()
      expect([...answered].map(([answer, all]) => [answer, all.length]).sort()).toEqual([
        ['invalid_grant', QUESTIONS - 1],
        ['tokens', 1],
      ])
    }
  })
})
