import { createLog } from '@gatehouse/runtime'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStores } from '../../services/auth/src/store/open-stores.ts'
import type { Stores } from '../../services/auth/src/store/stores.ts'
import { type RedisContainer, startRedis, urlOf } from '../../services/auth/src/store/testing/redis-containers.ts'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { post, redeem, tokensOf } from './calls.ts'
import { type Replica, type Replicas, startReplicas } from './replicas.ts'
import { approve, type PublicClient, registerClient } from './seed.ts'

const RESTARTS = rounds(4, 20)
const CALLERS = 8

describeWithDocker('replicas that are restarted one after the other, under load', () => {
  let redis: RedisContainer
  let stores: Stores
  let replicas: Replicas
  let client: PublicClient
  beforeAll(async () => {
    redis = await startRedis()
    stores = await openStores(urlOf(redis), { clock: Date.now, log: createLog('test', 'silent') })
    replicas = await startReplicas(urlOf(redis))
    client = await registerClient(replicas)
  })
  afterAll(async () => {
    await replicas?.close()
    await stores?.close()
    await redis?.stop()
  })

  it('fail no request, and exit with 0 (FLT-13, FLT-19)', async () => {
    const approvals = await Promise.all(Array.from({ length: CALLERS }, () => approve(stores, replicas, client)))
    const tokens = await Promise.all(
      approvals.map(async (approval) => tokensOf(await redeem(replicas.first, client, approval)).refresh_token),
    )
    let isOver = false
    const statuses = new Map<number, number>()
    // Each client goes on refreshing its own chain over connections that the balancer keeps.
    const caller = async (first: string) => {
      let token = first
      while (!isOver) {
        const fields = { grant_type: 'refresh_token', client_id: client.clientId, refresh_token: token }
        const { status, body } = await post(`${replicas.publicUrl}/token`, fields)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 200) token = String(body.refresh_token)
      }
    }
    const callers = tokens.map(caller)
    let serving: readonly Replica[] = [replicas.first, replicas.second]
    const exits: (number | null)[] = []
    for (let restart = 0; restart < RESTARTS; restart++) {
      const fresh = await replicas.add()
      const [old, ...kept] = serving
      serving = [...kept, fresh]
      replicas.balancer.use(serving.map(({ url }) => url))
      exits.push((await old?.stop()) ?? null)
    }
    isOver = true
    await Promise.all(callers)
    const total = [...statuses.values()].reduce((sum, count) => sum + count, 0)
    figure(`rolling restarts (${RESTARTS}): requests that succeeded`, statuses.get(200) ?? 0, total)
    expect([...statuses.keys()]).toEqual([200])
    expect(exits).toEqual(exits.map(() => 0))
  })
})
