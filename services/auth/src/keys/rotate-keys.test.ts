import { describe, expect, it } from 'vitest'
import { createClock } from '../../../../tests/support/clock.ts'
import { createTestContext, SECRET } from '../testing/test-context.ts'
import { createAccessTokenReader } from './access-token.ts'
import { createSigningKeys } from './create-signing-keys.ts'
import { describeKeys } from './describe-keys.ts'
import { signJwt } from './jwt.ts'
import { KEY_ACTIVE_SECONDS, KEY_ANNOUNCED_SECONDS, KEY_PUBLISHED_AHEAD_SECONDS, KEY_RETIRED_SECONDS } from './lifetimes.ts'
import { resealKeys } from './reseal-keys.ts'
import { rotateKeys } from './rotate-keys.ts'

const OTHER_SECRET = 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s'
const ISSUER = 'https://gate.test'
const TOKEN_SECONDS = 3600

async function setUp() {
  const { stores, log, logs } = await createTestContext()
  const clock = createClock(Date.parse('2026-11-25T12:00:00Z'))
  for (const { generation } of await stores.keys.list()) await stores.keys.remove(generation)
  const place = (secrets = [SECRET]) => ({ store: stores.keys, secrets, clock: clock.now })
  const replica = (secrets?: string[]) => createSigningKeys({ ...place(secrets), log })
  return { store: stores.keys, clock, place, replica, now: () => clock.now() / 1000, logs }
}

/** A token of the replica's current key, and what another replica says of it. */
const mint = (keys: ReturnType<typeof createSigningKeys>, now: number) =>
  signJwt(keys.current(), 'at+jwt', {
    iss: ISSUER,
    sub: 'x',
    aud: ISSUER,
    client_id: 'x',
    jti: 'x',
    scope: '',
    grant_id: 'x',
    iat: now,
    exp: now + TOKEN_SECONDS,
  })

describe('a key that was asked for', () => {
  it('is published first, signs ten minutes later, and the tokens of the old one hold until they end', async () => {
    const { place, replica, clock, now } = await setUp()
    const keys = replica()
    await keys.refresh()
    const old = keys.current().kid
    const { kid, activatesAt, removed } = await rotateKeys(place(), { immediately: false })
    expect({ activatesAt, removed }).toEqual({ activatesAt: now() + KEY_ANNOUNCED_SECONDS, removed: [] })

    await keys.refresh()
    expect(keys.jwks().keys.map((jwk) => jwk.kid)).toEqual([old, kid])
    clock.advance(KEY_ANNOUNCED_SECONDS - 1)
    expect(keys.current().kid).toBe(old)
    const token = mint(keys, now())
    clock.advance(1)
    expect(keys.current().kid).toBe(kid)
    expect(createAccessTokenReader(keys, ISSUER, clock.now)(token).outcome).toBe('valid')

    clock.advance(KEY_RETIRED_SECONDS)
    await keys.refresh()
    expect(keys.published().map((key) => key.kid)).toEqual([kid])
  })

  it('comes before the next one of the schedule, which then never signs', async () => {
    const { place, replica, clock } = await setUp()
    const keys = replica()
    await keys.refresh()
    clock.advance(KEY_ACTIVE_SECONDS - KEY_PUBLISHED_AHEAD_SECONDS)
    await keys.refresh()
    const [, scheduled] = keys.published()
    const { kid } = await rotateKeys(place(), { immediately: false })
    for (const seconds of [KEY_ANNOUNCED_SECONDS, KEY_PUBLISHED_AHEAD_SECONDS]) {
      clock.advance(seconds)
      await keys.refresh()
      expect(keys.current().kid).toBe(kid)
    }
    expect(keys.published().map((key) => key.kid)).toContain(scheduled?.kid)
  })

  it('in an emergency signs at once, and tokens of the old keys are worth nothing', async () => {
    const { place, replica, clock, now, store, logs } = await setUp()
    const [one, other] = [replica(), replica()]
    await one.refresh()
    await other.refresh()
    const stolen = one.current().kid
    const token = mint(one, now())
    const { kid, removed } = await rotateKeys(place(), { immediately: true })
    expect(removed).toEqual([stolen])
    expect((await store.list()).map((key) => key.kid)).toEqual([kid])
    for (const keys of [one, other]) {
      await keys.refresh()
      expect(logs().split('\n').at(-2)).toContain(`"event":"signing_keys_changed","kids":["${kid}"]`)
      expect(keys.current().kid).toBe(kid)
      expect(createAccessTokenReader(keys, ISSUER, clock.now)(token).outcome).toBe('unknown_key')
    }
  })

  it('is one of many when many ask at once, and all of them are in the line', async () => {
    const { place, replica, store } = await setUp()
    await replica().refresh()
    const rotations = await Promise.all(Array.from({ length: 8 }, () => rotateKeys(place(), { immediately: false })))
    const kids = (await store.list()).map((key) => key.kid)
    expect(kids).toHaveLength(9)
    for (const { kid } of rotations) expect(kids).toContain(kid)
  })
})

describe('ten rotations, by the schedule and by command', () => {
  it('refuse no token before its end, on either of two replicas that read a minute apart', { timeout: 60_000 }, async () => {
    const { place, replica, clock, now } = await setUp()
    const replicas = [replica(), replica()]
    for (const keys of replicas) await keys.refresh()
    const readers = replicas.map((keys) => createAccessTokenReader(keys, ISSUER, clock.now))
    const alive: { token: string; endsAt: number }[] = []
    const signers = new Set<string>()
    let checked = 0
    const step = async (seconds: number, turn: number) => {
      clock.advance(seconds)
      // One of them is always a step behind.
      await replicas[turn % 2]?.refresh()
      for (const keys of replicas) {
        signers.add(keys.current().kid)
        alive.push({ token: mint(keys, now()), endsAt: now() + TOKEN_SECONDS })
      }
      while ((alive[0]?.endsAt ?? Number.POSITIVE_INFINITY) <= now()) alive.shift()
      for (const { token } of alive) {
        for (const read of readers) {
          expect(read(token).outcome).toBe('valid')
          checked++
        }
      }
    }
    for (let rotation = 0; rotation < 5; rotation++) {
      await rotateKeys(place(), { immediately: false })
      for (let minute = 0; minute < 15; minute++) await step(60, minute)
      for (let day = 0; day < 28; day++) await step(86_400, day)
      // The key of the schedule is published, and signs a day later.
      for (let hour = 0; hour < 72; hour++) await step(3600, hour)
    }
    expect(signers.size).toBeGreaterThanOrEqual(11)
    expect(checked).toBeGreaterThan(2_000)
  })
})

describe('what an operator sees of the keys', () => {
  it('is which one signs, which is next, which is old and until when, and which secret opens it', async () => {
    const { place, replica, clock, now } = await setUp()
    await replica().refresh()
    const begun = now()
    await rotateKeys(place(), { immediately: false })
    expect((await describeKeys(place())).map(({ state, secret }) => [state, secret])).toEqual([
      ['next', 1],
      ['signing', 1],
    ])
    clock.advance(KEY_ANNOUNCED_SECONDS)
    await rotateKeys(place([OTHER_SECRET]), { immediately: false })
    const seen = await describeKeys(place([OTHER_SECRET, SECRET]))
    expect(seen.map(({ state, secret, removedAt }) => [state, secret, removedAt])).toEqual([
      ['next', 1, undefined],
      ['signing', 2, undefined],
      ['old', 2, begun + KEY_ANNOUNCED_SECONDS + KEY_RETIRED_SECONDS],
    ])
    expect((await describeKeys(place())).map(({ state }) => state)).toEqual(['unreadable', 'signing', 'old'])
    expect(JSON.stringify(seen)).not.toMatch(/sealed|"d"/)
  })
})

describe('sealing anew', () => {
  it('puts every key under the first secret, and the second is needed no more', async () => {
    const { place, replica } = await setUp()
    const running = replica()
    await running.refresh()
    await rotateKeys(place(), { immediately: false })
    const both = place([OTHER_SECRET, SECRET])
    const outcome = await resealKeys(both)
    expect(outcome).toMatchObject({ current: [], unreadable: [], removed: [] })
    expect(outcome.resealed).toHaveLength(2)
    expect((await resealKeys(both)).current).toEqual(outcome.resealed)
    const later = replica([OTHER_SECRET])
    await later.refresh()
    expect(later.published().map(({ kid }) => kid)).toEqual(outcome.resealed)
    expect(later.current().kid).toBe(running.current().kid)
  })

  it('leaves a key alone that no secret opens, unless it is told to remove it', async () => {
    const { place, replica, store } = await setUp()
    await replica().refresh()
    await replica([OTHER_SECRET]).refresh()
    const [lost, own] = await store.list()
    expect(await resealKeys(place([OTHER_SECRET]))).toMatchObject({ unreadable: [lost?.kid], current: [own?.kid] })
    expect(await store.list()).toHaveLength(2)
    expect(await resealKeys(place([OTHER_SECRET]), { removeUnreadable: true })).toMatchObject({ removed: [lost?.kid] })
    expect((await store.list()).map(({ kid }) => kid)).toEqual([own?.kid])
  })

  it('lets a replica use what it could not open before', async () => {
    const { place, replica } = await setUp()
    const early = replica()
    await early.refresh()
    const late = replica([OTHER_SECRET])
    await late.refresh()
    expect(late.published()).toHaveLength(1)
    await resealKeys(place([OTHER_SECRET, SECRET]))
    await late.refresh()
    expect(late.published().map(({ kid }) => kid)).toContain(early.current().kid)
  })
})
