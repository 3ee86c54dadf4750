import { afterAll, describe, expect, it } from 'vitest'
import { createTrustedIssuers, type Workload } from '../clients/trusted-issuers.ts'
import { createIssuer, keySetsOf } from '../testing/issuers.ts'
import { configuredClient, startTokenEndpoint, withClients } from '../testing/machines.ts'
import { createTestContext } from '../testing/test-context.ts'
import { addClient, readPayload } from '../testing/token-client.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const GITHUB = 'https://token.actions.githubusercontent.com'
const CLUSTER = 'https://kubernetes.default.svc'
const SPIFFE = 'https://spire.acme.test'
const keys = (issuer: string, workloads: readonly Workload[]) => ({ issuer, jwksUri: `${issuer}/keys`, idJag: false, workloads })

const base = await createTestContext({
  servers: { memory: { command: 'x' }, docs: { url: 'http://docs/mcp', allow: ['client:ci'] } },
})
const registered = await addClient(base, { grantTypes: [JWT_BEARER] })
const github = await createIssuer(
  keys(GITHUB, [
    { subject: 'repo:acme/app:ref:refs/heads/main', clientId: 'ci' },
    { subject: 'repo:acme/*:environment:production', clientId: 'deploy', audience: 'gatehouse-production' },
    { subject: 'repo:acme/two:*', clientId: 'ci' },
    { subject: 'repo:acme/two:*', clientId: 'deploy' },
    { subject: 'repo:acme/stray:*', clientId: 'not-there' },
    { subject: 'repo:acme/registered:*', clientId: registered.clientId },
    { subject: 'repo:acme/no-grant:*', clientId: 'no-grant' },
  ]),
  'RS256',
)
const cluster = await createIssuer(keys(CLUSTER, [{ subject: 'system:serviceaccount:agents:*', clientId: 'ci' }]), 'RS256')
const spire = await createIssuer(keys(SPIFFE, [{ subject: 'spiffe://acme.test/agents/planner', clientId: 'ci' }]))
const keySets = keySetsOf([github, cluster, spire])

const context = {
  ...withClients(base, [
    configuredClient('ci', { grantTypes: [JWT_BEARER], tokenEndpointAuthMethod: 'none', clientName: 'CI' }),
    configuredClient('deploy', { grantTypes: [JWT_BEARER] }),
    configuredClient('no-grant', { grantTypes: ['client_credentials'] }),
  ]),
  issuers: createTrustedIssuers([github.trusted, cluster.trusted, spire.trusted]),
  keySets,
}
const { app, ask } = await startTokenEndpoint(context)
afterAll(() => app.close())

const { PUBLIC_URL } = context.config
const now = () => Math.floor(context.clock() / 1000)
const ofGithub = (changes: Readonly<Record<string, unknown>> = {}) =>
  github.sign(
    {
      ...{ iss: GITHUB, sub: 'repo:acme/app:ref:refs/heads/main', aud: PUBLIC_URL },
      ...{ jti: 'j', iat: now(), nbf: now() - 5, exp: now() + 300, repository: 'acme/app' },
      ...changes,
    },
    { typ: 'JWT' },
  )
const present = (assertion: string, fields: Readonly<Record<string, string | undefined>> = {}) =>
  ask({ grant_type: JWT_BEARER, assertion, ...fields })

describe('a token of a platform', () => {
  it('brings its workload in as the client of its rule, which sends no secret and needs no id (SEP-1933)', async () => {
    const { status, headers, body } = await present(await ofGithub(), { resource: `${PUBLIC_URL}/docs/mcp` })
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600, scope: 'mcp' })
    const token = readPayload(body.access_token)
    expect(token).toMatchObject({ sub: 'client:ci', client_id: 'ci', aud: `${PUBLIC_URL}/docs/mcp` })
    const active = await context.stores.grants.find(String(token.grant_id))
    expect(active?.grant).toMatchObject({
      via: 'jwt_bearer',
      identity: { provider: 'client', login: 'ci', name: 'repo:acme/app:ref:refs/heads/main' },
    })
  })

  it.each<[string, () => Promise<string>]>([
    [
      'Kubernetes, without jti and typ',
      () =>
        cluster.sign({
          iss: CLUSTER,
          sub: 'system:serviceaccount:agents:planner',
          aud: [PUBLIC_URL],
          iat: now(),
          exp: now() + 3607,
        }),
    ],
    [
      'SPIFFE',
      () =>
        spire.sign(
          { iss: SPIFFE, sub: 'spiffe://acme.test/agents/planner', aud: [PUBLIC_URL], exp: now() + 300 },
          { typ: 'JWT' },
        ),
    ],
    ['GitHub, for our token endpoint', () => ofGithub({ aud: `${PUBLIC_URL}/token` })],
    ['GitHub, for us with a slash', () => ofGithub({ aud: `${PUBLIC_URL}/` })],
  ])('may be one of %s', async (_what, sign) => {
    const { body } = await present(await sign())
    expect(readPayload(body.access_token)).toMatchObject({ sub: 'client:ci' })
  })

  it('may be presented again while it lives: a platform hands one out for an hour', async () => {
    const assertion = await ofGithub()
    expect((await present(assertion)).status).toBe(200)
    expect((await present(assertion)).status).toBe(200)
    base.advance(361)
    expect((await present(assertion)).body.error).toBe('invalid_grant')
  })

  it('is for the audience of its rule when that names one, and then for no other', async () => {
    const deploy = { sub: 'repo:acme/app:environment:production' }
    expect((await present(await ofGithub(deploy))).body.error).toBe('invalid_grant')
    const { body } = await present(await ofGithub({ ...deploy, aud: 'gatehouse-production' }))
    expect(readPayload(body.access_token).sub).toBe('client:deploy')
  })

  it('that may be two clients is the one that is asked for, else the first', async () => {
    const two = await ofGithub({ sub: 'repo:acme/two:ref:refs/heads/main' })
    expect(readPayload((await present(two)).body.access_token).sub).toBe('client:ci')
    expect(readPayload((await present(two, { client_id: 'deploy' })).body.access_token).sub).toBe('client:deploy')
  })

  it('counts for the client that also proves itself by a secret, and for no other', async () => {
    const proof = { client_secret: 'looked at by authenticateClient' }
    const two = await ofGithub({ sub: 'repo:acme/two:ref:refs/heads/main' })
    expect((await present(two, { client_id: 'deploy', ...proof })).status).toBe(200)
    expect((await present(await ofGithub(), { client_id: 'deploy', ...proof })).body.error).toBe('invalid_grant')
  })
})

describe('a token of a platform is refused', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['for a subject without a rule', { sub: 'repo:acme/app:pull_request' }, 'workload_subject'],
    ['for a subject that only begins like one', { sub: 'repo:acme/app:ref:refs/heads/main-evil' }, 'workload_subject'],
    ['when it was made for somebody else', { aud: 'https://sts.amazonaws.com' }, 'workload_audience'],
    ['without an audience', { aud: undefined }, 'assertion_claim_aud'],
    ['when it has expired', { exp: now() - 61, iat: now() - 600, nbf: now() - 600 }, 'assertion_expired'],
    ['without exp', { exp: undefined }, 'assertion_claim_exp'],
    ['when it lives for more than a day', { exp: now() + 86_400 + 3600 }, 'assertion_too_long'],
    ['when its rule names a client that is not there', { sub: 'repo:acme/stray:x' }, 'workload_client_missing'],
    ['when its rule names a client that registered itself', { sub: 'repo:acme/registered:x' }, 'workload_client_missing'],
  ])('%s', async (_what, changes, reason) => {
    const { status, body } = await present(await ofGithub(changes))
    expect([status, body.error]).toEqual([400, 'invalid_grant'])
    expect(context.logs()).toContain(`"reason":"${reason}"`)
  })

  it('when it is not the client that the request names', async () => {
    expect((await present(await ofGithub(), { client_id: 'deploy' })).body.error).toBe('invalid_grant')
  })

  it('when its client may not use that server, or this grant', async () => {
    const two = await ofGithub({ sub: 'repo:acme/two:x' })
    const fields = { client_id: 'deploy', resource: `${PUBLIC_URL}/docs/mcp` }
    expect((await present(two, fields)).body.error).toBe('invalid_target')
    expect((await present(await ofGithub({ sub: 'repo:acme/no-grant:x' }))).body.error).toBe('unauthorized_client')
  })

  it('when another platform signed it', async () => {
    const foreign = await cluster.sign({
      iss: GITHUB,
      sub: 'repo:acme/app:ref:refs/heads/main',
      aud: PUBLIC_URL,
      exp: now() + 300,
    })
    expect((await present(foreign)).body.error).toBe('invalid_grant')
  })

  it('at every other grant: it is no secret of its client', async () => {
    const assertion = await ofGithub()
    const { body } = await ask({ grant_type: 'client_credentials', client_id: 'ci', assertion })
    expect(body.error).toBe('unauthorized_client')
  })
})
