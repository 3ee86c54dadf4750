import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { type Answer, redeem, refresh, tokensOf, verify } from './calls.ts'
import { fifty } from './fifty.ts'
import { approve } from './seed.ts'
import { useRedis, useReplicas } from './use-replicas.ts'

const KILLS = rounds(6, 50)
/** A race takes about this long; the kill comes somewhere within it. */
const RACE_MS = 250

describeWithDocker('a replica that is killed in the middle of a race', () => {
  const setup = useReplicas(useRedis())

  /** Fifty callers, half of them at a replica that dies meanwhile. What came back, and whether somebody got nothing. */
  async function raceAndKill(
    round: number,
    call: Parameters<typeof fifty<Answer>>[1],
  ): Promise<{ answers: Answer[]; lost: number }> {
    const doomed = await setup.replicas.add()
    const running = fifty({ first: setup.replicas.first, second: doomed }, (replica, index) =>
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
      const approval = await approve(setup)
      const race = await raceAndKill(round, (replica) => redeem(replica, setup.client, approval))
      lost += race.lost
      const winners = race.answers.filter(({ status }) => status === 200).length
      const others = race.answers.filter(({ status, body }) => status !== 200 && body.error !== 'invalid_grant').length
      good += winners <= 1 && others === 0 ? 1 : 0
    }
    figure('code races with a replica killed: rounds with one winner at most', good, KILLS, `${lost} answers lost`)
    expect(good).toBe(KILLS)
  })

  it('loses no sign-in while clients refresh (FLT-11, FLT-12)', async () => {
    let token = tokensOf(await redeem(setup.replicas.first, setup.client, await approve(setup))).refresh_token
    let good = 0
    let lost = 0
    for (let round = 0; round < KILLS; round++) {
      const race = await raceAndKill(round, (replica) => refresh(replica, setup.client, token))
      lost += race.lost
      // Who got nothing asks again, and gets what the others got.
      const retried = tokensOf(await refresh(setup.replicas.first, setup.client, token))
      const successors = new Set([...race.answers.map((answer) => tokensOf(answer).refresh_token), retried.refresh_token])
      const works = (await verify(setup.replicas.first, retried.access_token)) === 200
      good += successors.size === 1 && works ? 1 : 0
      token = retried.refresh_token
    }
    figure('refresh races with a replica killed: rounds with one successor that works', good, KILLS, `${lost} answers lost`)
    expect(good).toBe(KILLS)
  })
})
