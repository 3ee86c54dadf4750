import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import { newPersonalToken } from '../oauth/personal-token.ts'
import { sha256 } from '../oauth/secret.ts'
import { endGrant } from '../store/end-grant.ts'
import { addPersonalToken } from '../testing/personal-token.ts'
import { makeProof, proofSigner } from '../testing/proofs.ts'
import { createTestContext, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import { ask, liveGrant, question } from '../testing/verify.ts'
import type { VerifyAnswer } from './answer.ts'
import { createVerifier, type Verifier } from './verifier.ts'

let context: TestContext
let verifier: Verifier
let reads = 0
beforeAll(async () => {
  const base = await createTestContext()
  const find: typeof base.stores.grants.find = (grantId) => {
    reads++
    return base.stores.grants.find(grantId)
  }
  context = { ...base, stores: { ...base.stores, grants: { ...base.stores.grants, find } } }
  verifier = createVerifier(context)
})
afterAll(() => context.stores.close())

const issue = (changes: Partial<Grant> = {}, lifeSeconds?: number) => addPersonalToken(context, changes, lifeSeconds)
const refusal = ({ status, headers, body }: VerifyAnswer) => ({
  status,
  body: JSON.parse(body),
  challenge: headers['www-authenticate'],
})

describe('a personal access token', () => {
  it('opens what it was made for, as the person who made it', async () => {
    const { token } = await issue()
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({
      status: 200,
      headers: {
        'x-auth-subject': 'github:583231',
        'x-auth-user': 'octocat',
        'x-auth-client': 'personal-token',
        'x-auth-scopes': 'mcp',
        'x-auth-assertion': expect.any(String),
      },
    })
  })

  it('is known at once the second time, and looked at again after five seconds', async () => {
    const { token } = await issue()
    await ask(verifier, `Bearer ${token}`)
    const before = reads
    expect(verifier.answer(question(`Bearer ${token}`))).toMatchObject({ status: 200 })
    expect(reads).toBe(before)
    context.advance(5)
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(reads).toBe(before + 1)
  })

  it('is for one server like any other (AUD-01)', async () => {
    const { token } = await issue()
    expect(await ask(verifier, `Bearer ${token}`, { uri: '/docs/mcp' })).toMatchObject({ status: 401 })
    const everywhere = await issue({ resource: 'https://gate.test' })
    expect(await ask(verifier, `Bearer ${everywhere.token}`, { uri: '/docs/mcp' })).toMatchObject({ status: 200 })
  })

  it('ends to the second, without a grace', async () => {
    const { token } = await issue({}, 100)
    context.advance(99)
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 200 })
    context.advance(1)
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 401 })
  })

  it('ends at once when it is revoked (REV-07)', async () => {
    const { grant, token } = await issue()
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 200 })
    await endGrant(context.stores, grant.id)
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 401 })
  })

  it('of somebody who is no longer allowed is refused (CON-17)', async () => {
    const { token } = await issue({ identity: { ...OCTOCAT, login: 'removed' } })
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 401 })
  })

  it('with a wrong secret answers as one that never was', async () => {
    const { grant, token } = await issue()
    const wrong = newPersonalToken(grant.id)
    const never = newPersonalToken(newGrantId())
    const [first, second] = [await ask(verifier, `Bearer ${wrong}`), await ask(verifier, `Bearer ${never}`)]
    expect(refusal(first)).toEqual(refusal(second))
    expect(refusal(first)).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  it.each(['pat_', 'pat_x', `pat_${'x'.repeat(64)}`, `pat_${'x'.repeat(66)}`, `PAT_${'x'.repeat(65)}`])(
    'is not what only looks like one: %#',
    async (token) => {
      expect(refusal(await ask(verifier, `Bearer ${token}`))).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    },
  )

  it('is refused while the operator has switched them off, those that were made before included', async () => {
    const { token } = await issue()
    const off = createVerifier(await createTestContext({ replicaOf: context, environment: { PERSONAL_TOKEN_MAX_DAYS: '0' } }))
    expect(await ask(off, `Bearer ${token}`)).toMatchObject({ status: 401 })
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  it('ends as early as the operator lets them end now, however long its person chose', async () => {
    const { token } = await issue({}, 30 * 86_400)
    const shorter = createVerifier(await createTestContext({ replicaOf: context, environment: { PERSONAL_TOKEN_MAX_DAYS: '7' } }))
    context.advance(7 * 86_400 - 2)
    expect(await ask(shorter, `Bearer ${token}`)).toMatchObject({ status: 200 })
    context.advance(2)
    expect(await ask(shorter, `Bearer ${token}`)).toMatchObject({ status: 401 })
    expect(await ask(verifier, `Bearer ${token}`)).toMatchObject({ status: 200 })
  })

  it('is none made of another kind of grant, whose id any client knows', async () => {
    const grant = await liveGrant(context)
    expect(await ask(verifier, `Bearer ${newPersonalToken(grant.id)}`)).toMatchObject({ status: 401 })
  })

  it('is bound to no key, so DPoP is the wrong scheme', async () => {
    const { token } = await issue()
    const dpop = makeProof(proofSigner(), { htm: 'POST', htu: 'https://gate.test/memory/mcp', iat: 1, ath: sha256(token) })
    expect(await ask(verifier, `DPoP ${token}`, { dpop })).toMatchObject({ status: 401 })
  })
})
