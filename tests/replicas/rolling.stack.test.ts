import { expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { post, redeem, tokensOf } from './calls.ts'
import type { Replica } from './replicas.ts'
import { approve } from './seed.ts'
import { useRedis, useReplicas } from './use-replicas.ts'

const RESTARTS = rounds(4, 20)
const CALLERS = 8

describeWithDocker('replicas that are restarted one after the other, under load', () => {
  const setup = useReplicas(useRedis())

  it('fail no request, and exit with 0 (FLT-13, FLT-19)', async () => {
    const approvals = await Promise.all(Array.from({ length: CALLERS }, () => approve(setup)))
    const tokens = await Promise.all(
      approvals.map(async (approval) => tokensOf(await redeem(setup.replicas.first, setup.client, approval)).refresh_token),
    )
    let isOver = false
    const statuses = new Map<number, number>()
    // Each client goes on refreshing its own chain over connections that the balancer keeps.
    const caller = async (first: string) => {
      let token = first
      while (!isOver) {
        const fields = { grant_type: 'refresh_token', client_id: setup.client.clientId, refresh_token: token }
        const { status, body } = await post(`${setup.replicas.publicUrl}/token`, fields)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 200) token = String(body.refresh_token)
      }
    }
    const callers = tokens.map(caller)
    let serving: readonly Replica[] = [setup.replicas.first, setup.replicas.second]
    const exits: (number | null)[] = []
    for (let restart = 0; restart < RESTARTS; restart++) {
      const fresh = await setup.replicas.add()
      const [old, ...kept] = serving
      serving = [...kept, fresh]
      setup.replicas.balancer.use(serving.map(({ url }) => url))
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
