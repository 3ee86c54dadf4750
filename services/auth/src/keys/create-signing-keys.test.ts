import { describe, expect, it } from 'vitest'
import { deriveKey, sealWith } from '../secrets/sealer.ts'
import type { KeyStore, StoredKey } from '../store/key-store.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestContext, SECRET } from '../testing/test-context.ts'
import { createAccessTokenReader } from './access-token.ts'
import { createSigningKeys } from './create-signing-keys.ts'
import { signJwt } from './jwt.ts'
import { KEY_ACTIVE_SECONDS, KEY_LOOKUP_COOLDOWN_SECONDS, KEY_PUBLISHED_AHEAD_SECONDS, KEY_RETIRED_SECONDS } from './lifetimes.ts'

const OTHER_SECRET = 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s'

/** A store in memory that can be counted and broken. */
function createKeyStore() {
  const keys = new Map<number, StoredKey>()
  const state = { reads: 0, isDown: false }
  const guard = () => {
    if (state.isDown) throw new StoreUnavailableError(new Error('test'))
  }
  const store: KeyStore = {
    list: async () => {
      guard()
      state.reads++
      return [...keys.values()].sort((a, b) => a.generation - b.generation)
    },
    add: async (key) => {
      guard()
      if (keys.has(key.generation)) return false
      keys.set(key.generation, key)
      return true
    },
    replace: async (key) => {
      if (keys.get(key.generation)?.kid !== key.kid) return false
      keys.set(key.generation, key)
      return true
    },
    remove: async (generation) => {
      keys.delete(generation)
    },
  }
  return { store, state, keys }
}

async function setUp() {
  const { log } = await createTestContext()
  const backend = createKeyStore()
  let now = Date.parse('2026-11-25T12:00:00Z')
  const replica = (secrets: readonly string[] = [SECRET]) =>
    createSigningKeys({ store: backend.store, secrets, clock: () => now, log })
  const advance = (seconds: number) => {
    now += seconds * 1000
  }
  return { ...backend, replica, advance, nowSeconds: () => now / 1000 }
}

const kids = (keys: { published(): readonly { readonly kid: string }[] }) => keys.published().map(({ kid }) => kid)

describe('the signing keys', () => {
  it('of two replicas that start at once on an empty store are the same (JWT-13)', async () => {
    const { replica } = await setUp()
    const replicas = Array.from({ length: 10 }, () => replica())
    await Promise.all(replicas.map((keys) => keys.refresh()))
    expect(new Set(replicas.map((keys) => keys.current().kid)).size).toBe(1)
    for (const keys of replicas) expect(kids(keys)).toHaveLength(1)
  })

  it('are not there until they were read, and come by themselves when the store is back', async () => {
    const { replica, state } = await setUp()
    const keys = replica()
    state.isDown = true
    for (const ask of [() => keys.current(), () => keys.published(), () => keys.jwks()])
      expect(ask).toThrow(StoreUnavailableError)
    await expect(keys.refresh()).rejects.toThrow(StoreUnavailableError)
    state.isDown = false
    expect(() => keys.current()).toThrow(StoreUnavailableError)
    await expect.poll(() => kids(keys).length).toBe(1)
  })

  it('stay in use while the store is away', async () => {
    const { replica, state } = await setUp()
    const keys = replica()
    await keys.refresh()
    state.isDown = true
    await expect(keys.refresh()).rejects.toThrow(StoreUnavailableError)
    expect(keys.current().kid).toBe(kids(keys)[0])
  })

  it('are told with their public members alone (JWT-11)', async () => {
    const { replica } = await setUp()
    const keys = replica()
    await keys.refresh()
    const [jwk] = keys.jwks().keys
    expect(jwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      kid: keys.current().kid,
      alg: 'ES256',
      use: 'sig',
    })
  })

  it('lie encrypted in the store', async () => {
    const { replica, keys: stored } = await setUp()
    await replica().refresh()
    const [entry] = stored.values()
    expect(entry?.publicJwk).not.toHaveProperty('d')
    expect(() => JSON.parse(Buffer.from(entry?.sealedPrivateJwk ?? '', 'base64url').toString())).toThrow()
  })
})

describe('rotation', () => {
  it('publishes the next key a day before it signs, and retires the old one when its tokens have ended', async () => {
    const { replica, advance } = await setUp()
    const keys = replica()
    await keys.refresh()
    const [first] = kids(keys)

    advance(KEY_ACTIVE_SECONDS - KEY_PUBLISHED_AHEAD_SECONDS - 1)
    await keys.refresh()
    expect(kids(keys)).toEqual([first])

    advance(1)
    await keys.refresh()
    const [, second] = kids(keys)
    expect(kids(keys)).toEqual([first, second])
    expect(keys.current().kid).toBe(first)

    advance(KEY_PUBLISHED_AHEAD_SECONDS)
    expect(keys.current().kid).toBe(second)

    advance(KEY_RETIRED_SECONDS - 1)
    await keys.refresh()
    expect(kids(keys)).toEqual([first, second])
    advance(1)
    await keys.refresh()
    expect(kids(keys)).toEqual([second])
  })

  it('after a year of standstill still publishes a day ahead', async () => {
    const { replica, advance } = await setUp()
    await replica().refresh()
    advance(365 * 86_400)
    const keys = replica()
    await keys.refresh()
    const [old, next] = kids(keys)
    expect(keys.current().kid).toBe(old)
    advance(KEY_PUBLISHED_AHEAD_SECONDS)
    expect(keys.current().kid).toBe(next)
  })

  it('by ten replicas at once makes one key', async () => {
    const { replica, advance, keys: stored } = await setUp()
    const replicas = Array.from({ length: 10 }, () => replica())
    await Promise.all(replicas.map((keys) => keys.refresh()))
    advance(KEY_ACTIVE_SECONDS)
    await Promise.all(replicas.map((keys) => keys.refresh()))
    expect(stored.size).toBe(2)
  })

  it('hands out the same array until something changed', async () => {
    const { replica, advance } = await setUp()
    const keys = replica()
    await keys.refresh()
    const before = keys.published()
    await keys.refresh()
    expect(keys.published()).toBe(before)
    advance(KEY_ACTIVE_SECONDS)
    await keys.refresh()
    expect(keys.published()).not.toBe(before)
  })
})

describe('a lost GATEHOUSE_SECRET', () => {
  it('makes new keys, and the old ones are neither used nor told (FLT-18)', async () => {
    const { replica } = await setUp()
    const before = replica()
    await before.refresh()
    const after = replica([OTHER_SECRET])
    await after.refresh()
    expect(after.current().kid).not.toBe(before.current().kid)
    expect(kids(after)).toHaveLength(1)
  })

  it('that is only rotated loses nothing', async () => {
    const { replica } = await setUp()
    const before = replica()
    await before.refresh()
    const after = replica([OTHER_SECRET, SECRET])
    await after.refresh()
    expect(after.current().kid).toBe(before.current().kid)
  })

  it('does not make two replicas with different secrets outdo each other', async () => {
    const { replica, keys: stored } = await setUp()
    const [a, b] = [replica(), replica([OTHER_SECRET])]
    for (let round = 0; round < 5; round++) await Promise.all([a.refresh(), b.refresh()])
    expect(stored.size).toBe(2)
  })
})

describe('somebody who can write into the store', () => {
  it('cannot make us trust a key of theirs', async () => {
    const { replica, keys: stored, nowSeconds } = await setUp()
    const keys = replica()
    await keys.refresh()
    const attacker = replica([OTHER_SECRET])
    await attacker.refresh()
    const [own, foreign] = [...stored.values()]
    if (!own || !foreign) throw new Error('two keys expected')
    // Their public half beside our sealed private one, and their key sealed under a secret of their own.
    stored.set(0, { ...own, publicJwk: foreign.publicJwk })
    stored.set(2, { ...foreign, generation: 2, sealedPrivateJwk: sealWith(deriveKey('x'.repeat(32), 'signing-keys'), '{}') })
    const restarted = replica()
    await restarted.refresh()
    expect(kids(restarted)).toEqual([own.kid])
    const token = signJwt(attacker.current(), 'at+jwt', { iss: 'https://gate.test' })
    const read = createAccessTokenReader(restarted, 'https://gate.test', () => nowSeconds() * 1000)
    expect(read(token)).toEqual({ outcome: 'unknown_key' })
  })
})

describe('a token by a key we do not know', () => {
  it('makes us look, at most once in five seconds (JWT-12)', async () => {
    const { replica, state, advance } = await setUp()
    const keys = replica()
    await keys.refresh()
    const before = state.reads
    for (let attempt = 0; attempt < 100; attempt++) await keys.refreshForUnknownKey()
    expect(state.reads).toBe(before + 1)
    advance(KEY_LOOKUP_COOLDOWN_SECONDS)
    await keys.refreshForUnknownKey()
    expect(state.reads).toBe(before + 2)
  })

  it('is a fault, not a bad token, while the store is away', async () => {
    const { replica, state } = await setUp()
    const keys = replica()
    await keys.refresh()
    state.isDown = true
    for (let attempt = 0; attempt < 3; attempt++) await expect(keys.refreshForUnknownKey()).rejects.toThrow(StoreUnavailableError)
    state.isDown = false
    await keys.refreshForUnknownKey()
  })
})
