import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newCode, newGrantId } from '../oauth/code.ts'
import { type Approval, approve, createTestApp, createTestContext, type TestContext } from '../testing/test-context.ts'
import { addClient, type TestClient, tokenClient } from '../testing/token-client.ts'
import { authorizationCodeGrant } from './authorization-code.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { tokenEndpoint } from './token-endpoint.ts'

const GUESSES = 100_000
const TIMED = 300

let context: TestContext
let app: FastifyInstance
let client: TestClient
beforeAll(async () => {
  context = await createTestContext()
  app = await createTestApp((scope) => tokenEndpoint(scope, context))
  client = await addClient(context)
})
afterAll(() => app.close())

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN

describe('codes that somebody guesses (TOK-14)', () => {
  it('get nobody in, a hundred thousand of them, and do not spend the right one', async () => {
    const approval = await approve(context, client.clientId)
    const stored = await context.stores.clients.find(client.clientId)
    if (!stored) throw new Error('no client')
    const grant = authorizationCodeGrant(context, createRefreshTokens(context.secrets))
    // Half of them know which grant the code is of.
    const guess = (index: number) => newCode(index % 2 === 0 ? newGrantId() : approval.grant.id)
    const answers = new Map<string, number>()
    for (let index = 0; index < GUESSES; index++) {
      const params = { code: guess(index), code_verifier: approval.verifier }
      const answer = await grant.redeem({ params, client: stored, log: app.log }).then(
        () => 'tokens',
        (error: { code: string; reason: string }) => `${error.code} ${error.reason}`,
      )
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
    expect([...answers]).toEqual([['invalid_grant code_unknown', GUESSES]])
    expect((await tokenClient(app, client).redeem(approval)).statusCode).toBe(200)
  }, 60_000)

  it('read the same and take as long as one that has expired', async () => {
    const expired = await approve(context, client.clientId)
    context.advance(61)
    const unknown: Approval = { ...expired, code: newCode(newGrantId()) }
    const times = { expired: [] as number[], unknown: [] as number[] }
    const bodies = new Set<string>()
    for (let round = 0; round < TIMED; round++) {
      for (const [kind, approval] of [
        ['expired', expired],
        ['unknown', unknown],
      ] as const) {
        const start = performance.now()
        bodies.add((await tokenClient(app, client).redeem(approval)).body)
        times[kind].push(performance.now() - start)
      }
    }
    expect(bodies.size).toBe(1)
    expect(Math.abs(median(times.expired) - median(times.unknown))).toBeLessThan(1)
  })
})
