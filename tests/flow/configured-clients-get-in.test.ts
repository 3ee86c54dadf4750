import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { startDocumentServer } from '../../services/auth/src/testing/document-server.ts'
import { makeCertificate, trustCertificate } from '../support/certificate.ts'
import { echoServer, type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { form, type HttpResponse, send } from '../support/http.ts'
import { OAuthClient, readTokens } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const SECRET = 'f3b1c9e07d5a4826b0c4e1f2a3958d67'
const CLAUDE_URI = 'https://claude.ai/api/mcp/auth_callback'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const jwks = { keys: [await exportJWK(publicKey)] }
const certificate = makeCertificate()
const distrust = trustCertificate(certificate)
const documents = await startDocumentServer(certificate)
const AGENT_ID = `${documents.url}/agent.json`
const DOCUMENTS: Readonly<Record<string, object>> = {
  '/agent.json': {
    client_id: AGENT_ID,
    client_name: 'Agent',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${documents.url}/jwks.json`,
  },
  '/jwks.json': jwks,
}
documents.answer((request, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(DOCUMENTS[request.url ?? ''] ?? {})),
)

const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-configured-'))
const CLIENTS_CONFIG = join(dataDir, 'clients.json')
const CLIENTS = [
  { client_id: 'claude-team', client_secret: SECRET, client_name: 'Claude (team)', redirect_uris: [CLAUDE_URI] },
  { client_id: 'limited', client_secret: SECRET, redirect_uris: [CLAUDE_URI], scope: 'read' },
  { client_id: 'signer', jwks, redirect_uris: [CLAUDE_URI] },
  { client_id: 'ci', client_secret: SECRET, grant_types: ['client_credentials'] },
  { client_id: AGENT_ID, grant_types: ['authorization_code', 'client_credentials'], scope: 'read' },
]
const write = (clients: readonly object[]) => writeFileSync(CLIENTS_CONFIG, JSON.stringify({ clients }))
write(CLIENTS)

const environment = {
  STORE_URL: `sqlite:${join(dataDir, 'gatehouse.db')}`,
  CLIENTS_CONFIG,
  CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost',
}
const servers = {
  echo: echoServer({ scopes: { read: ['echo'], write: ['*'] }, allow: ['*', 'client:ci', `client:${AGENT_ID}`] }),
}
let gateway: Gateway = await startGateway(environment, { dataDir, servers })
afterAll(async () => {
  await gateway.close()
  await documents.close()
  distrust()
  rmSync(dataDir, { recursive: true, force: true })
})
const restart = async () => {
  const { clock, port } = gateway
  await gateway.close()
  gateway = await startGateway(environment, { dataDir, clock, port, servers })
}

const person = () => createPerson({ password: PASSWORD, now: gateway.clock.now })
const clientOf = async (clientId: string, method: string, redirectUri = CLAUDE_URI) => {
  const client = new OAuthClient(gateway.server(), { redirectUri })
  await client.discover()
  client.adopt({
    client_id: clientId,
    token_endpoint_auth_method: method,
    redirect_uris: [redirectUri],
    ...(method.startsWith('client_secret') ? { client_secret: SECRET } : {}),
  })
  return client
}

let count = 0
/** The fields by which a client with a key proves itself. */
async function proofOf(clientId: string, audience = gateway.url): Promise<Record<string, string>> {
  const now = Math.floor(gateway.clock.now() / 1000)
  const assertion = await new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: `jti-${count++}`,
    iat: now,
    exp: now + 60,
  })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(privateKey)
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
}
const ask = (path: string, fields: Record<string, string>): Promise<HttpResponse> =>
  send(`${gateway.url}${path}`, { method: 'POST', ...form(fields) })

describe('a client whose id and secret the operator typed into Claude', () => {
  it.each(['client_secret_post', 'client_secret_basic'])('gets in by %s, and refreshes', async (method) => {
    const who = person()
    const client = await clientOf('claude-team', method)
    await client.signIn(who, { prompt: 'consent' })
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
    const seen = who.visits.map(({ page }) => page.text).join()
    expect(seen).toContain('Claude (team)')
    expect(seen).toContain('The operator of this gateway set this app up.')
  })

  it('does not with another secret, nor without one, nor at another address', async () => {
    const client = await clientOf('claude-team', 'client_secret_post')
    const attempt = client.prepareAuthorization()
    const code = (await client.authorize(person(), attempt)).get('code') ?? ''
    for (const secret of ['wrong', undefined]) {
      const answer = await client.exchange(code, attempt, { client_secret: secret })
      expect([answer.status, answer.json().error]).toEqual([401, 'invalid_client'])
    }
    expect((await client.exchange(code, attempt)).status).toBe(200)
    const elsewhere = client.prepareAuthorization({ redirect_uri: 'https://evil.test/' })
    expect(await send(elsewhere.url, {})).toMatchObject({ status: 400 })
  })

  it('gets no more than the scopes that the operator gave it', async () => {
    const client = await clientOf('limited', 'client_secret_post')
    const tokens = await client.signIn(person(), { scope: 'read write' })
    expect(tokens.scope).toBe('read')
  })

  it('cannot be registered, read or removed by anybody', async () => {
    expect((await send(`${gateway.url}/register/claude-team`, { headers: { authorization: `Bearer ${SECRET}` } })).status).toBe(
      401,
    )
  })
})

describe('a client that proves itself by a key', () => {
  it.each([
    ['of the operator’s file', 'signer', CLAUDE_URI],
    ['of its document (CIM-01)', AGENT_ID, 'http://127.0.0.1:53123/callback'],
  ])('%s gets in, refreshes and signs out, each time with a new assertion', async (_what, clientId, redirectUri) => {
    const client = await clientOf(clientId, 'private_key_jwt', redirectUri)
    const attempt = client.prepareAuthorization()
    const code = (await client.authorize(person(), attempt)).get('code') ?? ''
    expect((await client.exchange(code, attempt)).json().error).toBe('invalid_client')
    const proof = await proofOf(clientId, `${gateway.url}/token`)
    const tokens = readTokens(await client.exchange(code, attempt, proof))
    expect(await client.knock(tokens.access_token)).toBe('open')
    const again = await client.refresh(tokens.refresh_token, proof)
    expect([again.status, again.json().error]).toEqual([401, 'invalid_client'])
    readTokens(await client.refresh(tokens.refresh_token, await proofOf(clientId)))
    const revoked = await ask('/revoke', { token: tokens.access_token, ...(await proofOf(clientId, `${gateway.url}/revoke`)) })
    expect(revoked.status).toBe(200)
  })

  it('by RFC 7523 it needs no client_id beside the assertion, and gets no tokens for a machine from anybody else', async () => {
    const answer = await ask('/token', {
      grant_type: 'client_credentials',
      resource: gateway.server(),
      ...(await proofOf(AGENT_ID)),
    })
    const tokens = answer.json()
    expect([answer.status, tokens.scope]).toEqual([200, 'read'])
    const none = await ask('/token', {
      grant_type: 'client_credentials',
      resource: gateway.server(),
      ...(await proofOf('signer')),
    })
    expect([none.status, none.json().error]).toEqual([400, 'unauthorized_client'])
  })
})

describe('a machine of the operator’s file', () => {
  it('gets in by its secret, and is out when it is taken from the file', async () => {
    const fields = { grant_type: 'client_credentials', client_id: 'ci', client_secret: SECRET, resource: gateway.server() }
    const token = String((await ask('/token', fields)).json().access_token)
    const client = new OAuthClient(gateway.server())
    expect(await client.knock(token)).toBe('open')
    await restart()
    expect(await client.knock(token)).toBe('open')
    write(CLIENTS.filter(({ client_id }) => client_id !== 'ci'))
    await restart()
    expect(await client.knock(token)).toBe(401)
    expect((await ask('/token', fields)).json().error).toBe('invalid_client')
    write(CLIENTS)
    await restart()
    expect(await client.knock(token)).toBe('open')
  })
})

describe('a clients file with faults', () => {
  it('keeps the gateway from starting, and every fault is told at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-faulty-'))
    const path = join(folder, 'clients.json')
    writeFileSync(path, '{"clients":[{"client_id":"a","client_secret":"hunter2"},{"client_id":"b"}]}')
    await expect(startGateway({ CLIENTS_CONFIG: path })).rejects.toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(/^(?!.*hunter2).*shorter than 32/s) }),
    )
    rmSync(folder, { recursive: true })
  })
})
