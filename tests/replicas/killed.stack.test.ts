import { setTimeout as wait } from 'node:timers/promises'
import { createLog } from '@gatehouse/runtime'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStores } from '../../services/auth/src/store/open-stores.ts'
import type { Stores } from '../../services/auth/src/store/stores.ts'
import { type RedisContainer, startRedis, urlOf } from '../../services/auth/src/store/testing/redis-containers.ts'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { type Answer, redeem, refresh, tokensOf, verify } from './calls.ts'
import { fifty } from './fifty.ts'
import { type Replicas, startReplicas } from './replicas.ts'
import { approve, type PublicClient, registerClient } from './seed.ts'

const KILLS = rounds(6, 50)
/** A race takes about this long; the kill comes somewhere within it. */
const RACE_MS = 250

describeWithDocker('a replica that is killed in the middle of a race', () => {
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

  /** Fifty callers, half of them at a replica that dies meanwhile. What came back, and whether somebody got nothing. */
  async function raceAndKill(
    round: number,
    call: Parameters<typeof fifty<Answer>>[1],
  ): Promise<{ answers: Answer[]; lost: number }> {
    const doomed = await replicas.add()
    const running = fifty({ first: replicas.first, second: doomed }, (replica, index) =>
      call(replica, index).catch(() => undefined as unknown as Answer),
    )
    await wait((RACE_MS * (round + 0.5)) / KILLS)
    await doomed.kill()
    const all = await running
    const answers = all.filter((answer) => answer !== undefined)
    return { answers, lost: all.length - answers.length }
  }

  it('never makes a second winner of a code (FLT-12)', async () => {
    let good = 0
    let lost = 0
    for (let round = 0; round < KILLS; round++) {
      const approval = await approve(stores, replicas, client)
      const race = await raceAndKill(round, (replica) => redeem(replica, client, approval))
      lost += race.lost
      const winners = race.answers.filter(({ status }) => status === 200).length
      const others = race.answers.filter(({ status, body }) => status !== 200 && body.error !== 'invalid_grant').length
      good += winners <= 1 && others === 0 ? 1 : 0
    }
    figure('code races with a replica killed: rounds with one winner at most', good, KILLS, `${lost} answers lost`)
    expect(good).toBe(KILLS)
  })

  it('loses no sign-in while clients refresh (FLT-11, FLT-12)', async () => {
    let token = tokensOf(await redeem(replicas.first, client, await approve(stores, replicas, client))).refresh_token
    let good = 0
    let lost = 0
    for (let round = 0; round < KILLS; round++) {
      const race = await raceAndKill(round, (replica) => refresh(replica, client, token))
      lost += race.lost
      // Who got nothing asks again, and gets what the others got.
      const retried = tokensOf(await refresh(replicas.first, client, token))
      const successors = new Set([...race.answers.map((answer) => tokensOf(answer).refresh_token), retried.refresh_token])
      const works = (await verify(replicas.first, retried.access_token)) === 200
      good += successors.size === 1 && works ? 1 : 0
      token = retried.refresh_token
    }
    figure('refresh races with a replica killed: rounds with one successor that works', good, KILLS, `${lost} answers lost`)
    expect(good).toBe(KILLS)
  })
})
