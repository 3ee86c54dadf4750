import { createHash, randomBytes } from 'node:crypto'
import { encodeForm, type HttpResponse, json, send } from './http.ts'
import type { Person } from './person.ts'

type Json = Readonly<Record<string, unknown>>

export interface Discovery {
  readonly resourceMetadataUrl: string
  readonly resourceMetadata: ResourceMetadata
  readonly server: ServerMetadata
}

interface ResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
}

interface ServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly registration_endpoint: string
  readonly revocation_endpoint: string
  readonly scopes_supported?: readonly string[]
}

export interface Registration {
  readonly client_id: string
  readonly client_secret?: string
  readonly token_endpoint_auth_method: string
  readonly redirect_uris: readonly string[]
  readonly registration_access_token?: string
  readonly registration_client_uri?: string
  readonly scope?: string
}

export interface Tokens {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly scope: string
}

/** An authorization request on its way: the URL for the browser and what the client keeps. */
export interface AuthorizationAttempt {
  readonly url: URL
  readonly verifier: string
  readonly state: string | undefined
  readonly redirectUri: string
}

/** How one kind of client differs from the next; every member has a plain default. */
export interface ClientProfile {
  readonly redirectUri?: string
  /** How it asks for the challenge. */
  readonly probe?: { readonly method: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  readonly registration?: Json
  /** Members of the authorization request that replace ours; undefined takes one away. */
  readonly authorize?: (discovery: Discovery) => Readonly<Record<string, string | undefined>>
  /** Fields of both token requests that replace ours. */
  readonly token?: (discovery: Discovery) => Readonly<Record<string, string | undefined>>
  readonly refresh?: (discovery: Discovery) => Readonly<Record<string, string | undefined>>
}

export const newVerifier = (): string => randomBytes(32).toString('base64url')
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test client', version: '1.0.0' } },
}

/** The first call of a session, by whoever has the token. */
export const initialize = (serverUrl: string, accessToken: string): Promise<HttpResponse> =>
  send(serverUrl, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify(INITIALIZE),
  })

/**
 * A minimal OAuth client of MCP, a step a method, each step with replaceable parts. Methods that end in a refusal return
 * the response; those named `…Tokens` or `signIn` throw unless all is well.
 */
export class OAuthClient {
  readonly serverUrl: string
  readonly profile: ClientProfile
  readonly redirectUri: string
  #discovery: Discovery | undefined
  #registration: Registration | undefined
  #sessionId: string | undefined
  #nextId = 1
  tokens: Tokens | undefined

  constructor(serverUrl: string, profile: ClientProfile = {}) {
    this.serverUrl = serverUrl
    this.profile = profile
    this.redirectUri = profile.redirectUri ?? 'http://127.0.0.1:53123/callback'
  }

  get discovery(): Discovery {
    return present(this.#discovery, 'discover() first')
  }

  get registration(): Registration {
    return present(this.#registration, 'register() first')
  }

  /** Asks the server without a token, as the client would. */
  probe(): Promise<HttpResponse> {
    const { method, headers, body } = this.profile.probe ?? { method: 'POST', body: INITIALIZE }
    return send(this.serverUrl, {
      method,
      headers: {
        accept: 'application/json, text/event-stream',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** 401 → RFC 9728 document → RFC 8414 document. */
  async discover(): Promise<Discovery> {
    const challenge = await this.probe()
    if (challenge.status !== 401) throw new Error(`expected a 401 challenge, got ${challenge.status}: ${challenge.text}`)
    const header = challenge.headers['www-authenticate'] ?? ''
    const resourceMetadataUrl = present(/resource_metadata="([^"]+)"/.exec(header)?.[1], `no resource_metadata in: ${header}`)
    const resourceMetadata = (await fetchJson(resourceMetadataUrl)) as unknown as ResourceMetadata
    const issuer = present(resourceMetadata.authorization_servers[0], 'no authorization_servers')
    const server = (await fetchJson(wellKnown(issuer, 'oauth-authorization-server'))) as unknown as ServerMetadata
    this.#discovery = { resourceMetadataUrl, resourceMetadata, server }
    return this.#discovery
  }

  /** RFC 7591; `metadata` replaces the profile's. */
  async requestRegistration(metadata?: Json): Promise<HttpResponse> {
    const body = metadata ??
      this.profile.registration ?? {
        client_name: 'Test client',
        redirect_uris: [this.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      }
    return send(this.discovery.server.registration_endpoint, { method: 'POST', ...json(body) })
  }

  async register(metadata?: Json): Promise<Registration> {
    const response = await this.requestRegistration(metadata)
    if (response.status !== 201) throw new Error(`registration answered ${response.status}: ${response.text}`)
    this.#registration = response.json() as unknown as Registration
    return this.#registration
  }

  /** Uses a client that was registered before. */
  adopt(registration: Registration, discovery?: Discovery): void {
    this.#registration = registration
    if (discovery) this.#discovery = discovery
  }

  /** @param changes - parameters that replace the usual ones; undefined takes one away */
  prepareAuthorization(changes: Readonly<Record<string, string | undefined>> = {}): AuthorizationAttempt {
    const verifier = newVerifier()
    const state = randomBytes(12).toString('base64url')
    const scopes = this.discovery.resourceMetadata.scopes_supported
    const params: Record<string, string | undefined> = {
      response_type: 'code',
      client_id: this.registration.client_id,
      redirect_uri: this.redirectUri,
      state,
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      resource: this.discovery.resourceMetadata.resource,
      scope: scopes?.join(' '),
      ...this.profile.authorize?.(this.discovery),
      ...changes,
    }
    const url = new URL(this.discovery.server.authorization_endpoint)
    for (const [name, value] of Object.entries(params)) if (value !== undefined) url.searchParams.append(name, value)
    return { url, verifier, state: params.state, redirectUri: params.redirect_uri ?? this.redirectUri }
  }

  /** Sends the person; returns the answer at the redirect URI after checking `state` and `iss` (RFC 9207). */
  async authorize(person: Person, attempt = this.prepareAuthorization()): Promise<URLSearchParams> {
    const answer = (await person.authorize(attempt.url, attempt.redirectUri)).searchParams
    if ((answer.get('state') ?? undefined) !== attempt.state) throw new Error(`state came back as ${answer.get('state')}`)
    if (answer.get('iss') !== this.discovery.server.issuer) throw new Error(`iss came back as ${answer.get('iss')}`)
    return answer
  }

  /** The code exchange; `changes` as for prepareAuthorization. */
  exchange(
    code: string,
    attempt: AuthorizationAttempt,
    changes: Readonly<Record<string, string | undefined>> = {},
  ): Promise<HttpResponse> {
    return this.#requestToken({
      grant_type: 'authorization_code',
      code,
      redirect_uri: attempt.redirectUri,
      code_verifier: attempt.verifier,
      resource: attempt.url.searchParams.get('resource') ?? undefined,
      ...this.profile.token?.(this.discovery),
      ...changes,
    })
  }

  refresh(
    refreshToken = this.#current().refresh_token,
    changes: Readonly<Record<string, string | undefined>> = {},
  ): Promise<HttpResponse> {
    return this.#requestToken({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...this.profile.refresh?.(this.discovery),
      ...changes,
    })
  }

  /** Refreshes and keeps what comes back. */
  async refreshTokens(): Promise<Tokens> {
    this.tokens = readTokens(await this.refresh())
    return this.tokens
  }

  /** The whole way: discover and register unless done, authorize, exchange. */
  async signIn(person: Person, changes: Readonly<Record<string, string | undefined>> = {}): Promise<Tokens> {
    if (!this.#discovery) await this.discover()
    if (!this.#registration) await this.register()
    const attempt = this.prepareAuthorization(changes)
    const answer = await this.authorize(person, attempt)
    const code = answer.get('code')
    if (code === null) throw new Error(`no code but ${answer}`)
    this.tokens = readTokens(await this.exchange(code, attempt))
    return this.tokens
  }

  /** One JSON-RPC request with the token; opens a session first when there is none. */
  async call(method: string, params: Json = {}, serverUrl: string = this.serverUrl): Promise<Json> {
    if (this.#sessionId === undefined) {
      const opened = await this.post(INITIALIZE, serverUrl)
      if (opened.status !== 200) throw new Error(`initialize answered ${opened.status}: ${opened.text}`)
      this.#sessionId = String(opened.headers['mcp-session-id'] ?? '')
      await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, serverUrl)
    }
    const response = await this.post({ jsonrpc: '2.0', id: this.#nextId++, method, params }, serverUrl)
    if (response.status !== 200) throw new Error(`${method} answered ${response.status}: ${response.text}`)
    return readMessage(response)
  }

  /** One POST to the server as any MCP client would send it. */
  post(message: unknown, serverUrl = this.serverUrl, accessToken = this.tokens?.access_token): Promise<HttpResponse> {
    return send(serverUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.headers(accessToken) },
      body: JSON.stringify(message),
    })
  }

  /** What every request to the server carries: token, session, protocol. */
  headers(accessToken = this.tokens?.access_token): Record<string, string | undefined> {
    return {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      authorization: accessToken === undefined ? undefined : `Bearer ${accessToken}`,
      'mcp-session-id': this.#sessionId || undefined,
    }
  }

  /**
   * Whether a token opens a server: `open` when the bridge answers (that it does not know the session), else the status.
   * Starts no child, so tests may ask often.
   */
  async knock(accessToken = this.tokens?.access_token, serverUrl = this.serverUrl): Promise<'open' | number> {
    const response = await send(serverUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: accessToken === undefined ? undefined : `Bearer ${accessToken}`,
        'mcp-session-id': 'nobody-s-session',
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    })
    return response.status === 404 && response.text.includes('"jsonrpc"') ? 'open' : response.status
  }

  #requestToken(fields: Readonly<Record<string, string | undefined>>): Promise<HttpResponse> {
    const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = this.registration
    const isBasic = method === 'client_secret_basic'
    return send(this.discovery.server.token_endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        authorization: isBasic ? `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` : undefined,
      },
      body: encodeForm({
        ...(isBasic ? {} : { client_id: id }),
        ...(method === 'client_secret_post' ? { client_secret: secret } : {}),
        ...fields,
      }),
    })
  }

  #current(): Tokens {
    return present(this.tokens, 'signIn() first')
  }
}

/** @throws Error unless the response is a 200 with tokens */
export function readTokens(response: HttpResponse): Tokens {
  if (response.status !== 200) throw new Error(`the token endpoint answered ${response.status}: ${response.text}`)
  return response.json() as unknown as Tokens
}

/** Header and claims of a JWT, its signature unchecked. */
export function readJwt(token: string): { readonly header: Json; readonly payload: Json } {
  const [header = '', payload = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json
  return { header: read(header), payload: read(payload) }
}

/** The JSON-RPC message of an answer, whether it came as JSON or as one event. */
export function readMessage(response: HttpResponse): Json {
  if (!String(response.headers['content-type']).startsWith('text/event-stream')) return response.json()
  const data = response.text.split('\n').filter((line) => line.startsWith('data:') && line.includes('"id"'))
  return JSON.parse(present(data.at(-1), 'no message in the stream').slice('data:'.length)) as Json
}

/** RFC 8414 §3.1: the well-known part goes between host and path. */
export function wellKnown(url: string, document: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}/.well-known/${document}${pathname === '/' ? '' : pathname}`
}

async function fetchJson(url: string): Promise<Json> {
  const response = await send(url, { headers: { accept: 'application/json' } })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${response.text}`)
  return response.json()
}

function present<Value>(value: Value | undefined, otherwise: string): Value {
  if (value === undefined) throw new Error(otherwise)
  return value
}
