import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { redeem, revoke, type Tokens, tokensOf, verify } from './calls.ts'
import type { Replica } from './replicas.ts'
import { approve } from './seed.ts'
import { useRedis, useReplicas } from './use-replicas.ts'

/** Of both replicas together. */
const CALLS_PER_SECOND = 1_000
const TICK_MS = 20
const SECONDS = rounds(5, 30)
const REVOCATIONS = SECONDS * 5
/** A call that starts later than this after the answer to /revoke is refused. */
const SEEN_WITHIN_MS = 1_000

describeWithDocker('two replicas that are asked a thousand times a second', () => {
  const setup = useReplicas(useRedis())

  it('let no call in that starts a second after its token was revoked (REV-07)', async () => {
    const both = [setup.replicas.first, setup.replicas.second] as const
    const tokens: Tokens[] = []
    while (tokens.length < REVOCATIONS) tokens.push(tokensOf(await redeem(both[0], setup.client, await approve(setup))))
    const revokedAt = new Map<Tokens, number>()
    const latest = { asked: 0, wrong: 0, late: 0, delay: 0 }
    const strange = new Set<number>()
    const pending: Promise<void>[] = []

    const call = async (replica: Replica, token: Tokens) => {
      const start = performance.now()
      const since = start - (revokedAt.get(token) ?? start)
      const status = await verify(replica, token.access_token)
      latest.asked++
      if (status !== 200 && status !== 401) strange.add(status)
      if (since > 0 && status === 200) latest.delay = Math.max(latest.delay, since)
      if (since > SEEN_WITHIN_MS) {
        latest.late++
        if (status === 200) latest.wrong++
      }
    }
    const end = async (token: Tokens, replica: Replica) => {
      expect((await revoke(replica, setup.client, token.access_token)).status).toBe(200)
      revokedAt.set(token, performance.now())
    }

    const began = performance.now()
    let calls = 0
    let ended = 0
    for (let now = 0; now < SECONDS * 1_000; now = performance.now() - began) {
      for (; calls < (now / 1_000) * CALLS_PER_SECOND; calls++) {
        const token = tokens[calls % tokens.length]
        if (token) pending.push(call(both[calls % 7 < 4 ? 0 : 1], token))
      }
      for (; ended < (now / 1_000) * (REVOCATIONS / (SECONDS - 2)) && ended < REVOCATIONS; ended++) {
        const token = tokens[ended]
        if (token) pending.push(end(token, both[ended % 2 === 0 ? 0 : 1]))
      }
      await wait(TICK_MS)
    }
    await Promise.all(pending)

    figure(
      'calls a second after a revocation that were refused',
      latest.late - latest.wrong,
      latest.late,
      `last let in ${latest.delay.toFixed(0)} ms after it`,
    )
    expect(revokedAt.size).toBe(REVOCATIONS)
    expect(latest.asked).toBeGreaterThan(0.9 * SECONDS * CALLS_PER_SECOND)
    expect(latest.late).toBeGreaterThan(SECONDS * 100)
    expect([latest.wrong, [...strange]]).toEqual([0, []])
  })
})
