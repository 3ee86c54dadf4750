import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Auth } from '../../../services/auth/src/index.ts'
import { mintAccessToken } from '../../../services/auth/src/keys/access-token.ts'
import type { RegisteredClient } from '../../../services/auth/src/oauth/client.ts'
import { newCode, newGrantId } from '../../../services/auth/src/oauth/code.ts'
import type { Grant } from '../../../services/auth/src/oauth/grant.ts'
import { randomSecret, sha256 } from '../../../services/auth/src/oauth/secret.ts'
import { createRefreshTokens } from '../../../services/auth/src/token/refresh-tokens.ts'

export interface SeedGrantsQuestion {
  readonly server: string
  readonly count: number
  /** What each line of the file has: a refresh token; a code, a blank and its verifier; an access token, a blank and the subject. */
  readonly kind: 'refresh tokens' | 'codes' | 'access tokens'
  readonly file: string
}

export const REDIRECT_URI = 'http://127.0.0.1:33418/callback'
/** As after a sign-in with the default REFRESH_TOKEN_TTL. */
const GRANT_SECONDS = 7_776_000
const TOKEN_SECONDS = 3600
/** So many writes wait for the store at once. */
const AT_ONCE = 200

/** Fills the store of a running authorization server, by its own functions, with grants of one registered public client. @returns its id */
export async function seedGrants(auth: Auth, issuer: string, secret: string, question: SeedGrantsQuestion): Promise<string> {
  const { server, count, kind, file } = question
  const resource = auth.resources.byName(server)
  if (resource === undefined) throw new Error(`no server "${server}"`)
  await auth.keys.refresh()
  const key = auth.keys.current()
  const refreshTokens = createRefreshTokens([secret])
  const createdAt = Math.floor(Date.now() / 1000)
  const expiresAt = createdAt + GRANT_SECONDS
  const clientId = await registerClient(auth, createdAt)

  const seedOne = async (index: number): Promise<string> => {
    const subject = `bench:${String(index).padStart(6, '0')}`
    const identity = {
      subject,
      provider: 'oidc',
      login: `person-${index}`,
      email: `person-${index}@example.com`,
      groups: [],
      organizations: [],
      teams: [],
    }
    const grant: Grant = {
      id: newGrantId(),
      clientId,
      identity,
      redirectUri: REDIRECT_URI,
      scopes: resource.scopes,
      resource: resource.url,
      createdAt,
    }
    if (kind === 'codes') {
      const code = newCode(grant.id)
      const verifier = randomSecret()
      const binding = { codeHash: sha256(code), codeChallenge: hash('sha256', verifier, 'base64url') }
      await auth.stores.grants.issueCode(grant, { ...binding, redirectUri: REDIRECT_URI, expiresAt: createdAt + TOKEN_SECONDS })
      return `${code} ${verifier}`
    }
    const refreshToken = refreshTokens.issue(grant.id)
    await auth.stores.grants.create(grant, { refreshHash: sha256(refreshToken), expiresAt })
    if (kind === 'refresh tokens') return refreshToken
    const times = { issuedAt: createdAt, expiresAt: createdAt + TOKEN_SECONDS }
    return `${mintAccessToken(key, issuer, { grant, audience: resource.url, scopes: resource.scopes, ...times })} ${subject}`
  }

  const lines: string[] = []
  for (let index = 0; index < count; index += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - index)
    lines.push(...(await Promise.all(Array.from({ length }, (_, offset) => seedOne(index + offset)))))
  }
  writeFileSync(file, `${lines.join('\n')}\n`)
  return clientId
}

async function registerClient({ stores }: Auth, createdAt: number): Promise<string> {
  const client: RegisteredClient = {
    clientId: `cli_${randomSecret(16)}`,
    source: 'registered',
    clientName: 'bench',
    redirectUris: [REDIRECT_URI],
    grantTypes: ['authorization_code', 'refresh_token'],
    responseTypes: ['code'],
    tokenEndpointAuthMethod: 'none',
    registrationTokenHashes: [],
    createdAt,
  }
  await stores.clients.create(client, sha256(client.clientId), 1000)
  await stores.clients.markUsed(client.clientId)
  return client.clientId
}
