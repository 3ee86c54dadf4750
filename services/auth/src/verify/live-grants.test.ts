import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { mintAccessToken } from '../keys/access-token.ts'
import { machineIdentity } from '../oauth/machine.ts'
import { StoreUnavailableError } from '../store/unavailable.ts'
import { createTestContext, type TestContext } from '../testing/test-context.ts'
import { readPayload } from '../testing/token-client.ts'
import { accessTokenOf, ask, liveGrant, question } from '../testing/verify.ts'
import { createVerifier, type Verifier } from './verifier.ts'

let context: TestContext
let verifier: Verifier
beforeAll(async () => {
  context = await createTestContext()
  verifier = createVerifier(context)
})
afterAll(() => context.stores.close())

const statusOf = async (token: string, of = verifier) => (await ask(of, `Bearer ${token}`)).status

describe('one access token that was revoked', () => {
  const revoke = async (grantId: string, token: string) => {
    const { jti, exp } = readPayload(token) as { jti: string; exp: number }
    expect(await context.stores.grants.revokeToken(grantId, jti, exp)).toBe('revoked')
  }

  it('is dead at once on every replica; its grant and the others of it live on (REV-01)', async () => {
    const replica = createVerifier(await createTestContext({ replicaOf: context }))
    const grant = await liveGrant(context)
    const [token, other] = [accessTokenOf(context, grant), accessTokenOf(context, grant)]
    for (const each of [verifier, replica]) expect(await statusOf(token, each)).toBe(200)
    await revoke(grant.id, token)
    await context.stores.revocations.publish(grant.id)
    for (const each of [verifier, replica]) {
      expect(await statusOf(token, each)).toBe(401)
      expect(await statusOf(other, each)).toBe(200)
    }
    expect(context.logs()).toContain('"reason":"token_revoked"')
  })

  it('is found within five seconds when its message was lost', async () => {
    const grant = await liveGrant(context)
    const token = accessTokenOf(context, grant)
    expect(await statusOf(token)).toBe(200)
    await revoke(grant.id, token)
    context.advance(4)
    expect(await statusOf(token)).toBe(200)
    context.advance(1)
    expect(await statusOf(token)).toBe(401)
  })

  it('costs no other token of the grant that is asked about meanwhile (rule 37)', async () => {
    const grant = await liveGrant(context)
    const [token, other] = [accessTokenOf(context, grant), accessTokenOf(context, grant)]
    await revoke(grant.id, token)
    const asked = verifier.answer(question(`Bearer ${other}`))
    await context.stores.revocations.publish(grant.id)
    expect(await asked).toMatchObject({ status: 200 })
    expect(await statusOf(other)).toBe(200)
  })
})

describe('the last use of a grant', () => {
  const lastUse = async (grantId: string) => (await context.stores.grants.find(grantId))?.lastUsedAt

  it('is noted to ten minutes, and not with every request', async () => {
    const touch = vi.spyOn(context.stores.grants, 'touch')
    const grant = await liveGrant(context)
    const token = accessTokenOf(context, grant)
    context.advance(599)
    await statusOf(token)
    expect(touch).not.toHaveBeenCalled()
    context.advance(5)
    await statusOf(token)
    await statusOf(accessTokenOf(context, grant))
    expect(touch).toHaveBeenCalledTimes(1)
    expect(await lastUse(grant.id)).toBe(grant.createdAt + 604)
    touch.mockRestore()
  })

  it('is nothing that a request waits for or fails by', async () => {
    const touch = vi.spyOn(context.stores.grants, 'touch').mockRejectedValue(new StoreUnavailableError(new Error('test')))
    const grant = await liveGrant(context)
    const token = accessTokenOf(context, grant)
    context.advance(700)
    expect(await statusOf(token)).toBe(200)
    touch.mockReturnValue(new Promise(() => {}))
    context.advance(5)
    expect(await statusOf(token)).toBe(200)
    touch.mockRestore()
  })
})

describe('an agent that acts for a person', () => {
  it('is let in as long as the operator lists it; the person themselves in any case', async () => {
    const grant = await liveGrant(context)
    const own = accessTokenOf(context, grant)
    const now = Math.floor(context.clock() / 1000)
    const times = { issuedAt: now, expiresAt: now + 3600 }
    const exchanged = mintAccessToken(context.keys.current(), context.config.PUBLIC_URL, {
      ...{ grant, audience: grant.resource, scopes: grant.scopes, ...times },
      ...{ clientId: 'agent', act: { sub: 'client:agent', client_id: 'agent' } },
    })
    const withList = (listed: boolean) =>
      createVerifier({
        ...context,
        clients: { ...context.clients, isAgent: (id) => listed && id === 'agent' },
        metrics: new Registry(),
      })
    expect([await statusOf(exchanged, withList(true)), await statusOf(own, withList(true))]).toEqual([200, 200])
    expect([await statusOf(exchanged, withList(false)), await statusOf(own, withList(false))]).toEqual([401, 200])
  })
})

describe('a program that acts for itself', () => {
  it('is let in as long as the operator lists it', async () => {
    const identity = machineIdentity({ clientId: 'ci' })
    const token = accessTokenOf(context, await liveGrant(context, { identity, clientId: 'ci' }))
    const withList = (listed: boolean) =>
      createVerifier({
        ...context,
        clients: { ...context.clients, isMachine: (id) => listed && id === 'ci' },
        metrics: new Registry(),
      })
    expect(await statusOf(token, withList(true))).toBe(200)
    expect(await statusOf(token, withList(false))).toBe(401)
  })
})
