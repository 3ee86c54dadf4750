import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'

interface OidcAccount {
  readonly sub: string
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
  readonly preferred_username?: string
  readonly groups?: readonly string[]
}

export interface OidcProviderOptions {
  readonly clientId?: string
  readonly clientSecret?: string
  readonly account?: OidcAccount
  readonly host?: string
  readonly port?: number
  /** When browsers and the gateway reach it by another name than its own address (a container's). */
  readonly issuer?: string
}

export interface OidcUpstream {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Paths that were asked for, oldest first. */
  readonly requests: string[]
  /** What went wrong inside the provider; a good run leaves it empty. */
  readonly errors: string[]
  /** Who signs in from now on. */
  setAccount(account: OidcAccount): void
  setDecision(decision: 'approve' | 'deny'): void
  close(): Promise<void>
}

const ADA: OidcAccount = {
  sub: 'ada-5512',
  email: 'ada@example.com',
  email_verified: true,
  name: 'Ada Lovelace',
  preferred_username: 'ada',
  groups: ['engineering', 'mcp-users'],
}

/** Starts a certified OpenID provider (panva's) whose login and consent answer themselves. Any redirect URI is accepted. */
export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<OidcUpstream> {
  const clientId = options.clientId ?? 'gatehouse'
  const clientSecret = options.clientSecret ?? 'oidc-upstream-secret-77c1'
  const requests: string[] = []
  const errors: string[] = []
  let account = options.account ?? ADA
  let decision: 'approve' | 'deny' = 'approve'

  const server = createServer()
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve))
  const issuer = options.issuer ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: ['https://replaced.example/cb'] }],
    // Given so that the library does not warn on the console that its own defaults are for development.
    adapter: createMemoryAdapter(),
    jwks: { keys: [signingKey()] },
    ttl: { AccessToken: 600, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600 },
    cookies: { keys: ['upstream-cookie-key'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups', 'offline_access'],
    // Claims in the id_token too: many real providers do so, and a gateway may read either.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => (account.sub === id ? { ...account } : { sub: id }),
    }),
    interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (context: { oidc: { account?: { accountId: string }; client: { clientId: string } } }) => {
      const accountId = context.oidc.account?.accountId
      if (accountId === undefined) return undefined
      const grant = new provider.Grant({ accountId, clientId: context.oidc.client.clientId })
      grant.addOIDCScope('openid email profile groups offline_access')
      grant.addOIDCClaims(['sub', 'email', 'email_verified', 'name', 'preferred_username', 'groups'])
      await grant.save()
      return grant
    },
  })
  for (const event of ['server_error', 'authorization.error', 'grant.error', 'userinfo.error']) {
    provider.on(event, (_context, error) => errors.push(`${event}: ${error.message}`))
  }
  acceptAnyRedirectUri(provider)

  const handle = provider.callback()
  server.on('request', (request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    if (!request.url?.startsWith('/interaction/')) {
      void handle(request, response)
      return
    }
    provider
      .interactionFinished(
        request,
        response,
        decision === 'approve'
          ? { login: { accountId: account.sub }, consent: {} }
          : { error: 'access_denied', error_description: 'the person said no' },
      )
      .catch((error: Error) => {
        errors.push(`interaction: ${error.message}`)
        response.writeHead(400).end(error.message)
      })
  })
  return {
    issuer,
    clientId,
    clientSecret,
    requests,
    errors,
    setAccount: (next) => {
      account = next
    },
    setDecision: (next) => {
      decision = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const signingKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: 'RS256',
  kid: 'upstream-1',
})

/** The gateway's port is not known before it listens, so its callback cannot be registered beforehand. */
function acceptAnyRedirectUri(provider: Provider): void {
  const { Client } = provider as unknown as { Client: { prototype: { redirectUriAllowed: (uri: string) => boolean } } }
  Client.prototype.redirectUriAllowed = (uri) => URL.canParse(uri)
}

if (import.meta.main) {
  const { PORT, HOST, ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET } = process.env
  const upstream = await startOidcProvider({
    port: Number(PORT ?? 9500),
    host: HOST ?? '127.0.0.1',
    ...(ISSUER ? { issuer: ISSUER } : {}),
    ...(OIDC_CLIENT_ID ? { clientId: OIDC_CLIENT_ID } : {}),
    ...(OIDC_CLIENT_SECRET ? { clientSecret: OIDC_CLIENT_SECRET } : {}),
  })
  process.stdout.write(`OpenID provider at ${upstream.issuer}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void upstream.close().then(() => process.exit(0)))
}
