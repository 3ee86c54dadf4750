import { generateKeyPairSync, hash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { answerQuestions } from '../process/answer-questions.ts'

/**
 * The yardstick of /token: npm `oidc-provider` set up for the same answers as ours, JWT access tokens for one resource signed
 * with ES256, refresh tokens that rotate, PKCE, no ID token. Its store is a Map: its own adapter for memory keeps 1,000
 * entries, and lists all tokens of a grant at every step.
 */
export interface OidcProviderSeed {
  readonly count: number
  readonly kind: 'refresh tokens' | 'codes'
  /** A line each: a refresh token; or a code, a blank, and its verifier. */
  readonly file: string
}

const ISSUER = 'http://localhost:8080'
const RESOURCE = `${ISSUER}/echo/mcp`
const CLIENT_ID = 'cli_bench-0123456789abcdef'
const REDIRECT_URI = 'http://127.0.0.1:33418/callback'
const SCOPE = 'mcp'
const LIFE_SECONDS = 3600
const KEEP_ALIVE_MS = 120_000

type Payload = Record<string, unknown>

/** What oidc-provider asks of a store, with as little work as possible: nothing expires, nothing is listed. */
class MapAdapter {
  readonly #entries = new Map<string, Payload>()
  async find(id: string) {
    return this.#entries.get(id)
  }
  async upsert(id: string, payload: Payload) {
    this.#entries.set(id, payload)
  }
  async consume(id: string) {
    const payload = this.#entries.get(id)
    if (payload) payload.consumed = Math.floor(Date.now() / 1000)
  }
  async destroy(id: string) {
    this.#entries.delete(id)
  }
  async revokeByGrantId() {}
  async findByUid() {
    return undefined
  }
  async findByUserCode() {
    return undefined
  }
}

const signingKey = () => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: 'ES256',
  kid: 'bench',
})

const provider = new Provider(ISSUER, {
  adapter: MapAdapter,
  clients: [
    {
      client_id: CLIENT_ID,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [REDIRECT_URI],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  jwks: { keys: [signingKey()] },
  scopes: ['openid', 'offline_access', SCOPE],
  cookies: { keys: ['bench'] },
  ttl: { AccessToken: LIFE_SECONDS, AuthorizationCode: LIFE_SECONDS, RefreshToken: LIFE_SECONDS, Grant: LIFE_SECONDS },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      defaultResource: () => RESOURCE,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        audience: RESOURCE,
        accessTokenTTL: LIFE_SECONDS,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})

async function seedOne(kind: OidcProviderSeed['kind'], index: number): Promise<string> {
  const client = await provider.Client.find(CLIENT_ID)
  const accountId = `bench:${String(index).padStart(6, '0')}`
  const grant = new provider.Grant({ accountId, clientId: CLIENT_ID })
  grant.addResourceScope(RESOURCE, SCOPE)
  const shared = { accountId, client, grantId: await grant.save(), resource: RESOURCE, scope: SCOPE }
  if (kind === 'refresh tokens') {
    const refreshToken = new provider.RefreshToken({ ...shared, gty: 'authorization_code', rotations: 0 })
    return refreshToken.save()
  }
  const verifier = randomBytes(32).toString('base64url')
  const codeChallenge = hash('sha256', verifier, 'base64url')
  const binding = { redirectUri: REDIRECT_URI, codeChallenge, codeChallengeMethod: 'S256' }
  return `${await new provider.AuthorizationCode({ ...shared, ...binding }).save()} ${verifier}`
}

answerQuestions({
  start: () => {
    const handle = provider.callback()
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => void handle(request, response))
    return new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', 1024, () => resolve((server.address() as AddressInfo).port))
    })
  },
  /** @returns the client's id */
  seed: async ({ count, kind, file }: OidcProviderSeed) => {
    const lines: string[] = []
    for (let index = 0; index < count; index++) lines.push(await seedOne(kind, index))
    writeFileSync(file, `${lines.join('\n')}\n`)
    return CLIENT_ID
  },
})
