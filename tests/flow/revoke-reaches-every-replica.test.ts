import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInternalApp, createPublicApp } from '../../services/auth/src/app.ts'
import { randomSecret, sha256 } from '../../services/auth/src/oauth/secret.ts'
import { addPersonalToken } from '../../services/auth/src/testing/personal-token.ts'
import { createTestContext, form, OCTOCAT, type TestContext } from '../../services/auth/src/testing/test-context.ts'
import { addClient, type TestClient, type TokenAnswer, tokenClient } from '../../services/auth/src/testing/token-client.ts'
import { createVerifier } from '../../services/auth/src/verify/verifier.ts'

interface Replica {
  readonly context: TestContext
  readonly publicApp: FastifyInstance
  readonly internalApp: FastifyInstance
}

/** Two processes' worth of gateway on one store: each with its own keys, caches and listeners. */
let one: Replica
let other: Replica
let client: TestClient
beforeAll(async () => {
  const context = await createTestContext()
  one = await start(context)
  other = await start(await createTestContext({ replicaOf: context }))
  client = await addClient(context)
})
afterAll(() => Promise.all([one, other].flatMap(({ publicApp, internalApp }) => [publicApp.close(), internalApp.close()])))

async function start(context: TestContext): Promise<Replica> {
  const own = { ...context, metrics: new Registry() }
  const publicApp = await createPublicApp(own, undefined)
  const internalApp = createInternalApp(own, createVerifier(own), () => context.stores.ping())
  await Promise.all([publicApp.ready(), internalApp.ready()])
  return { context, publicApp, internalApp }
}

const verify = async ({ internalApp }: Replica, token: string): Promise<number> => {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-forwarded-uri': '/memory/mcp',
    'x-forwarded-method': 'POST',
    'x-forwarded-host': 'gate.test',
    'x-forwarded-proto': 'https',
  }
  return (await internalApp.inject({ url: '/verify', headers })).statusCode
}
const at = ({ publicApp }: Replica) => tokenClient(hosted(publicApp), client)

/** The public listener wants its own Host. */
const hosted = (app: FastifyInstance): FastifyInstance => {
  const inject = (options: { readonly headers: object }) =>
    app.inject({ ...options, headers: { host: 'gate.test', ...options.headers } })
  return { inject } as unknown as FastifyInstance
}

describe('what is given back at one replica', () => {
  it('an access token, is refused at the other at its very next call, and no other of its sign-in (REV-01)', async () => {
    const tokens = await at(one).signIn(one.context)
    const next = (await at(other).refresh(tokens.refresh_token)).json<TokenAnswer>()
    // Both replicas know both tokens before: what follows is not a first look.
    for (const replica of [one, other]) {
      expect(await Promise.all([tokens, next].map((each) => verify(replica, each.access_token)))).toEqual([200, 200])
    }
    expect((await at(one).revoke(tokens.access_token)).statusCode).toBe(200)
    for (const replica of [other, one]) {
      expect(await Promise.all([tokens, next].map((each) => verify(replica, each.access_token)))).toEqual([401, 200])
    }
    expect((await at(other).refresh(next.refresh_token)).statusCode).toBe(200)
  })

  it('a refresh token, takes everything of its sign-in along at the other (REV-01)', async () => {
    const tokens = await at(one).signIn(one.context)
    for (const replica of [one, other]) expect(await verify(replica, tokens.access_token)).toBe(200)
    expect((await at(one).revoke(tokens.refresh_token)).statusCode).toBe(200)
    for (const replica of [other, one]) expect(await verify(replica, tokens.access_token)).toBe(401)
    expect((await at(other).refresh(tokens.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('is refused by the other from the answer on, however many calls are on their way (REV-07)', async () => {
    const tokens = await at(one).signIn(one.context)
    expect(await verify(other, tokens.access_token)).toBe(200)
    let isAnswered = false
    const late: number[] = []
    let early = 0
    const caller = async () => {
      while (late.length < 200) {
        const isLate = isAnswered
        const status = await verify(other, tokens.access_token)
        if (isLate) late.push(status)
        else early++
        await setImmediate()
      }
    }
    const revocation = at(one)
      .revoke(tokens.access_token)
      .then(() => {
        isAnswered = true
      })
    await Promise.all([revocation, ...Array.from({ length: 5 }, caller)])
    expect(early).toBeGreaterThan(0)
    expect(new Set(late)).toEqual(new Set([401]))
  })

  it('by one of fifty callers at once, ends once, and all of them hear that it has', async () => {
    const tokens = await at(one).signIn(one.context)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        at(index % 2 ? one : other).revoke(index % 3 ? tokens.refresh_token : tokens.access_token),
      ),
    )
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    expect(await one.context.stores.grants.find(tokens.grantId)).toBeUndefined()
    const lines = `${one.context.logs()}${other.context.logs()}`.split('\n').filter((line) => line.includes(tokens.grantId))
    expect(lines.filter((line) => line.includes('"event":"grant_ended"'))).toHaveLength(1)
  })
})

describe('what a person ends at one replica is refused at the other at its very next call, with a line that says who did it (OPS-07)', () => {
  const personalToken = async () => {
    const { grant, token } = await addPersonalToken(one.context, {}, 3600)
    return { grantId: grant.id, access_token: token }
  }
  const app = () => at(one).signIn(one.context)

  it.each([
    ['an app', '/account/disconnect', app, (grantId: string) => ({ grant: grantId }), 'disconnected_by_person'],
    ['all of an app', '/account/disconnect', app, () => ({ client: client.clientId }), 'disconnected_by_person'],
    [
      'a personal token',
      '/account/tokens/revoke',
      personalToken,
      (grantId: string) => ({ grant: grantId }),
      'token_revoked_by_person',
    ],
    ['everything', '/account/sign-out', app, () => ({ what: 'everything' }), 'everything_ended_by_person'],
    [
      'everything, personal tokens too',
      '/account/sign-out',
      personalToken,
      () => ({ what: 'everything' }),
      'everything_ended_by_person',
    ],
  ] as const)('%s', async (_what, action, make, fieldsFor, reason) => {
    const cookies = await signIn(one)
    const doomed = await make()
    for (const replica of [one, other]) expect(await verify(replica, doomed.access_token)).toBe(200)
    const answer = await sendForm(one, cookies, action, fieldsFor(doomed.grantId))
    expect(answer.statusCode).toBeLessThan(400)
    for (const replica of [other, one]) expect(await verify(replica, doomed.access_token)).toBe(401)
    const lines = one.context.logs().split('\n')
    const line = lines.find((each) => each.includes(reason) && each.includes(doomed.grantId))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ actor: OCTOCAT.subject, requestId: expect.any(String) })
    const account = await other.publicApp.inject({ url: '/account', headers: { host: 'gate.test', cookie: cookies } })
    expect(account.statusCode).toBe(action === '/account/sign-out' ? 303 : 200)
  })
})

/** A browser's session of octocat's, as a sign-in leaves it. @returns its cookie */
async function signIn({ context }: Replica): Promise<string> {
  const id = randomSecret()
  await context.stores.sessions.put(sha256(id), { identity: OCTOCAT, signedInAt: Math.floor(context.clock() / 1000) }, 3600)
  return `__Host-gatehouse-session=${id}`
}

/** Opens the account, and sends one of its forms. */
async function sendForm({ publicApp }: Replica, cookie: string, action: string, fields: Readonly<Record<string, string>>) {
  const page = await publicApp.inject({ url: '/account', headers: { host: 'gate.test', cookie } })
  const fieldOf = (name: string) =>
    new RegExp(`action="${action}">[\\s\\S]*?name="${name}" value="([^"]*)"`).exec(page.body)?.[1] ?? `no ${name} for ${action}`
  const browser = String(page.headers['set-cookie']).split(';')[0]
  return publicApp.inject({
    method: 'POST',
    url: action,
    headers: {
      host: 'gate.test',
      cookie: `${cookie}; ${browser}`,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: form({ stamp: fieldOf('stamp'), csrf: fieldOf('csrf'), ...fields }),
  })
}
