import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type RedisContainer, startRedis, urlOf } from '../../services/auth/src/store/testing/redis-containers.ts'
import { describeWithDocker } from '../support/docker.ts'
import { type FakeGithub, startFakeGithub } from '../support/fake-github.ts'
import { figure, rounds } from '../support/figures.ts'
import { send } from '../support/http.ts'
import { OAuthClient, wellKnown } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { verify } from './calls.ts'
import { PASSWORD, type Replicas, startReplicas } from './replicas.ts'

const BOOTS = rounds(3, 20)

describeWithDocker('two replicas, each request at the other one than the request before', () => {
  let redis: RedisContainer
  let github: FakeGithub
  let replicas: Replicas
  beforeAll(async () => {
    redis = await startRedis()
    github = await startFakeGithub()
    replicas = await startReplicas(urlOf(redis), {
      GITHUB_URL: github.url,
      GITHUB_CLIENT_ID: github.clientId,
      GITHUB_CLIENT_SECRET: github.clientSecret,
    })
  })
  afterAll(async () => {
    await replicas?.close()
    await github?.close()
    await redis?.stop()
  })

  let client: OAuthClient
  beforeEach(async () => {
    client = await newClient(replicas)
  })

  it.each([
    ['over an identity provider', () => createPerson({ provider: 'github' })],
    ['by password', () => createPerson({ password: PASSWORD })],
  ])('a person signs in %s (CBK-07)', async (_how, person) => {
    const from = replicas.balancer.trace.length
    // Once from the one and once from the other, so that each step is taken at both.
    for (const start of [0, 1]) {
      replicas.balancer.turnTo(start)
      const tokens = await client.signIn(person())
      expect(await verify(replicas.first, tokens.access_token)).toBe(200)
      expect(await verify(replicas.second, tokens.access_token)).toBe(200)
      await client.refreshTokens()
    }
    const steps = replicas.balancer.trace.slice(from)
    for (const step of ['GET /authorize', 'POST /sign-in', 'GET /consent', 'POST /consent', 'POST /token']) {
      expect(new Set(steps.filter((line) => line.startsWith(step)))).toEqual(new Set([`${step} → 1`, `${step} → 2`]))
    }
    const callbacks = steps.flatMap((line, index) => (line.startsWith('GET /callback/github') ? [[steps[index - 1], line]] : []))
    for (const [before, callback] of callbacks) expect(before?.at(-1)).not.toBe(callback?.at(-1))
  })

  it('a second click on "approve" at the other replica gets the same code (CON-08)', async () => {
    const person = createPerson({ password: PASSWORD })
    const attempt = client.prepareAuthorization()
    await person.authorize(attempt.url, attempt.redirectUri)
    const consent = person.visits.find(({ page }) =>
      page.forms.some(({ buttons }) => buttons.some(({ value }) => value === 'approve')),
    )
    if (!consent) throw new Error('no consent page')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => person.press(consent, { name: 'decision', value: 'approve' })),
    )
    const codes = answers.map((answer) => (answer.kind === 'page' ? /[?&]code=([\w-]+)/.exec(answer.visit.html)?.[1] : undefined))
    expect(new Set(codes).size).toBe(1)
  })
})

describeWithDocker('two replicas that start at the same moment', () => {
  let redis: RedisContainer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis?.stop())

  it('agree on the signing keys, and take each other’s tokens (JWT-13)', async () => {
    const admin = redis.admin()
    let agreed = 0
    for (let boot = 0; boot < BOOTS; boot++) {
      await admin.flushall()
      const replicas = await startReplicas(urlOf(redis))
      try {
        const keysOf = async (url: string) => (await send(`${url}/.well-known/jwks.json`)).json()
        const [one, other] = [await keysOf(replicas.first.url), await keysOf(replicas.second.url)]
        expect(one).toEqual(other)
        for (const issuer of [replicas.first, replicas.second]) {
          replicas.balancer.use([issuer.url])
          const client = await newClient(replicas)
          const { access_token: token } = await client.signIn(createPerson({ password: PASSWORD }))
          expect([await verify(replicas.first, token), await verify(replicas.second, token)]).toEqual([200, 200])
        }
        agreed++
      } finally {
        await replicas.close()
      }
    }
    figure('starts on an empty store after which both had the same keys', agreed, BOOTS)
  })
})

async function newClient({ publicUrl }: Replicas): Promise<OAuthClient> {
  const client = new OAuthClient(`${publicUrl}/echo/mcp`)
  const read = async (url: string) => (await send(url)).json()
  const resourceMetadataUrl = wellKnown(`${publicUrl}/echo/mcp`, 'oauth-protected-resource')
  const discovery = {
    resourceMetadataUrl,
    resourceMetadata: await read(resourceMetadataUrl),
    server: await read(wellKnown(publicUrl, 'oauth-authorization-server')),
  } as unknown as OAuthClient['discovery']
  client.adopt({ client_id: '', token_endpoint_auth_method: 'none', redirect_uris: [] }, discovery)
  await client.register()
  return client
}
