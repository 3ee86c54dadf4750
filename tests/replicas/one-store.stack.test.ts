import { describe, expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { figure, rounds } from '../support/figures.ts'
import { type Answer, redeem, refresh, revoke, type Tokens, tokensOf, verify } from './calls.ts'
import { fifty } from './fifty.ts'
import type { Replica, Replicas } from './replicas.ts'
import { approve, registerClient } from './seed.ts'
import { type Setup, useRedis, useReplicas } from './use-replicas.ts'

const RACES = rounds(50, 1000)
const LATE = rounds(50, 1000)
const REVOCATIONS = rounds(25, 250)
/** How late the other replica may learn of an end. */
const SEEN_WITHIN_MS = 1_000

describeWithDocker('two replicas on one Redis', () => {
  const redis = useRedis()
  const signIn = async (held: Setup, replica: Replica): Promise<Tokens> =>
    tokensOf(await redeem(replica, held.client, await approve(held)))

  describe('with the usual grace', () => {
    const held = useReplicas(redis)

    it('one of fifty callers gets tokens for a code, every time (TOK-08)', async () => {
      let winners = 0
      let strange = 0
      for (let round = 0; round < RACES; round++) {
        const approval = await approve(held)
        const answers = await fifty(held.replicas, (replica) => redeem(replica, held.client, approval))
        const won = answers.filter(({ status }) => status === 200)
        winners += won.length === 1 ? 1 : 0
        strange += answers.filter((answer) => !isTokensOr(answer, 'invalid_grant')).length
        // A code that came twice with every proof right has leaked: what it led to has ended.
        const [tokens] = won.map(tokensOf)
        if (tokens) expect(await redis.stores.grants.find(approval.grantId)).toBeUndefined()
      }
      figure('code race, 50 callers: rounds with one winner', winners, RACES)
      expect([winners, strange]).toEqual([RACES, 0])
    })

    it('fifty callers that refresh at once get one successor (REF-03)', async () => {
      let { refresh_token: token } = await signIn(held, held.replicas.first)
      let single = 0
      for (let round = 0; round < RACES; round++) {
        const answers = await fifty(held.replicas, (replica) => refresh(replica, held.client, token))
        const successors = new Set(answers.map((answer) => tokensOf(answer).refresh_token))
        single += successors.size === 1 ? 1 : 0
        token = [...successors][0] ?? ''
      }
      figure('refresh race within the grace, 50 callers: rounds with one successor', single, RACES)
      expect(single).toBe(RACES)
      const last = tokensOf(await refresh(held.replicas.second, held.client, token))
      expect(await verify(held.replicas.first, last.access_token)).toBe(200)
    })

    it.each<[string, (tokens: Tokens) => string, 'family' | 'token']>([
      ['a refresh token that is revoked at one replica', (tokens) => tokens.refresh_token, 'family'],
      ['an access token that is revoked at one replica', (tokens) => tokens.access_token, 'token'],
    ])('%s is refused at the other within a second (REV-01)', async (what, choose) => {
      const delays: number[] = []
      for (let round = 0; round < REVOCATIONS; round++) {
        const [here, there] = inTurn(held.replicas, round)
        const tokens = await signIn(held, here)
        expect([await verify(there, tokens.access_token), await verify(here, tokens.access_token)]).toEqual([200, 200])
        expect((await revoke(here, held.client, choose(tokens))).status).toBe(200)
        delays.push(await untilRefused(there, tokens.access_token))
        expect(await verify(here, tokens.access_token)).toBe(401)
      }
      figure(
        `${what}: refused at the other within a second`,
        delays.filter((delay) => delay <= SEEN_WITHIN_MS).length,
        delays.length,
        longest(delays),
      )
      expect(Math.max(...delays)).toBeLessThanOrEqual(SEEN_WITHIN_MS)
    })

    it('the tokens of a client that is deleted at one replica are refused at the other within a second (REG-15)', async () => {
      const delays: number[] = []
      for (let round = 0; round < REVOCATIONS; round++) {
        const [here, there] = inTurn(held.replicas, round)
        const client = await registerClient(held.replicas)
        const tokens = tokensOf(await redeem(here, client, await approve({ ...held, client })))
        expect(await verify(there, tokens.access_token)).toBe(200)
        const headers = { authorization: `Bearer ${client.registrationToken}` }
        expect((await fetch(`${here.url}/register/${client.clientId}`, { method: 'DELETE', headers })).status).toBe(204)
        delays.push(await untilRefused(there, tokens.access_token))
        expect((await refresh(there, client, tokens.refresh_token)).status).toBe(401)
      }
      figure(
        'client deletion: refused at the other within a second',
        delays.filter((delay) => delay <= SEEN_WITHIN_MS).length,
        delays.length,
        longest(delays),
      )
      expect(Math.max(...delays)).toBeLessThanOrEqual(SEEN_WITHIN_MS)
    })
  })

  describe('without a grace', () => {
    const held = useReplicas(redis, { REFRESH_GRACE: '0' })

    it('one of fifty callers that refresh at once gets a successor, and the replays end the family (REF-03)', async () => {
      let winners = 0
      let ended = 0
      for (let round = 0; round < RACES; round++) {
        const { refresh_token: token } = await signIn(held, held.replicas.first)
        const answers = await fifty(held.replicas, (replica) => refresh(replica, held.client, token))
        const won = answers.filter(({ status }) => status === 200)
        winners += won.length === 1 && answers.every((answer) => isTokensOr(answer, 'invalid_grant')) ? 1 : 0
        const [tokens] = won.map(tokensOf)
        const again = tokens ? await refresh(held.replicas.second, held.client, tokens.refresh_token) : undefined
        ended += again?.body.error === 'invalid_grant' ? 1 : 0
      }
      figure('refresh race without a grace, 50 callers: rounds with one winner', winners, RACES)
      figure('families that the other 49 ended', ended, RACES)
      expect([winners, ended]).toEqual([RACES, RACES])
    })
  })

  describe('with a grace of a second', () => {
    const held = useReplicas(redis, { REFRESH_GRACE: '1' })

    it('a refresh token that comes back too late ends its family at both (decision 2, REF-01)', async () => {
      const families = await inBatches(LATE, async (index) => {
        const [here, there] = inTurn(held.replicas, index)
        const first = await signIn(held, here)
        return { old: first.refresh_token, tokens: tokensOf(await refresh(there, held.client, first.refresh_token)) }
      })
      // The grace is a real second of the store's.
      await new Promise((resolve) => setTimeout(resolve, 2_100))
      const dead = await inBatches(LATE, async (index) => {
        const family = families[index]
        const [here, there] = inTurn(held.replicas, index)
        if (family === undefined) return false
        const replay = await refresh(here, held.client, family.old)
        await untilRefused(there, family.tokens.access_token)
        const after = await refresh(there, held.client, family.tokens.refresh_token)
        return replay.body.error === 'invalid_grant' && after.body.error === 'invalid_grant'
      })
      figure('late replays that ended their family', dead.filter(Boolean).length, LATE)
      expect(dead.filter(Boolean)).toHaveLength(LATE)
    })
  })
})

const isTokensOr = ({ status, body }: Answer, error: string): boolean =>
  status === 200 || (status === 400 && body.error === error)

const inTurn = ({ first, second }: Replicas, round: number): readonly [Replica, Replica] =>
  round % 2 === 0 ? [first, second] : [second, first]

const longest = (delays: readonly number[]): string => `longest ${Math.ceil(Math.max(...delays))} ms`

/** Milliseconds until the token is refused; never more than five seconds. */
async function untilRefused(replica: Replica, accessToken: string): Promise<number> {
  const start = performance.now()
  while (performance.now() - start < 5_000 && (await verify(replica, accessToken)) === 200) {}
  return performance.now() - start
}

const BATCH = 20

async function inBatches<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start)
    results.push(...(await Promise.all(Array.from({ length: size }, (_, index) => run(start + index)))))
  }
  return results
}
