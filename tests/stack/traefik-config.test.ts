import { describe, expect, it } from 'vitest'
import { readYaml } from './files.ts'

interface EntryPoint {
  readonly address: string
  readonly forwardedHeaders?: { readonly insecure: boolean; readonly trustedIPs: readonly string[] }
  readonly http?: {
    readonly aliasHeadersStrategy?: string
    readonly encodedCharacters?: Readonly<Record<string, boolean>>
    readonly sanitizePath?: boolean
    readonly middlewares?: readonly string[]
  }
  readonly transport?: { readonly respondingTimeouts?: Readonly<Record<string, string>> }
}

interface Static {
  readonly api?: unknown
  readonly providers: Readonly<Record<string, unknown>>
  readonly entryPoints: Readonly<Record<string, EntryPoint>>
  readonly ping: { readonly entryPoint: string }
  readonly log: { readonly level: string }
  readonly accessLog: {
    readonly fields: {
      readonly defaultMode: string
      readonly names: Readonly<Record<string, string>>
      readonly queryParameters: { readonly defaultMode: string }
      readonly headers: { readonly defaultMode: string; readonly names: Readonly<Record<string, string>> }
    }
  }
  readonly serversTransport: { readonly forwardingTimeouts: Readonly<Record<string, string>> }
}

interface Router {
  readonly entryPoints: readonly string[]
  readonly rule: string
  readonly priority: number
  readonly middlewares: readonly string[]
  readonly service: string
}

interface ForwardAuth {
  readonly address: string
  readonly trustForwardHeader: boolean
  readonly forwardBody: boolean
  readonly maxBodySize: number
  readonly maxResponseBodySize: number
  readonly authRequestHeaders: readonly string[]
  readonly authResponseHeaders: readonly string[]
  readonly authResponseHeadersRegex: string
}

interface Middleware {
  readonly forwardAuth?: ForwardAuth
  readonly headers?: {
    readonly customRequestHeaders?: Readonly<Record<string, string>>
    readonly customResponseHeaders?: Readonly<Record<string, string>>
    readonly stsSeconds?: number
  }
  readonly buffering?: { readonly maxRequestBodyBytes: number }
  readonly redirectScheme?: { readonly scheme: string }
}

interface Dynamic {
  readonly http: {
    readonly routers: Readonly<Record<string, Router>>
    readonly middlewares: Readonly<Record<string, Middleware>>
    readonly services?: Readonly<Record<string, unknown>>
  }
  readonly tls?: { readonly options: { readonly default: { readonly minVersion: string } } }
}

const start = readYaml<Static>('traefik/traefik.yaml')
const gateway = readYaml<Dynamic>('traefik/dynamic/gateway.yaml')
const redirect = readYaml<Dynamic>('traefik/https/redirect.yaml')
const { routers, middlewares } = gateway.http
const identify = middlewares.identify?.forwardAuth as ForwardAuth
/** Toward the servers: every one of these must be guarded. */
const guarded = Object.entries(routers).filter(([, { service }]) => service === 'bridge')

describe.each(Object.entries(start.entryPoints))('the entry point %s', (_name, { http, forwardedHeaders, transport }) => {
  it('refuses header names that some servers read as another', () => {
    expect(http?.aliasHeadersStrategy).toBe('reject')
  })

  it('refuses paths that Traefik and a server could read differently', () => {
    expect(http?.encodedCharacters).toEqual({
      allowEncodedSlash: false,
      allowEncodedBackSlash: false,
      allowEncodedNullCharacter: false,
      allowEncodedSemicolon: false,
      allowEncodedPercent: false,
      allowEncodedQuestionMark: false,
      allowEncodedHash: false,
    })
    expect(http?.sanitizePath).toBe(true)
  })

  it('believes X-Forwarded-* of nobody', () => {
    expect(forwardedHeaders ?? { insecure: false, trustedIPs: [] }).toEqual({ insecure: false, trustedIPs: [] })
  })

  it('ends slow requests and never a slow answer', () => {
    expect(transport?.respondingTimeouts).toEqual({ readTimeout: '60s', writeTimeout: '0s', idleTimeout: '90s' })
  })
})

describe('Traefik', () => {
  it('has no dashboard, no API, no Docker socket', () => {
    expect(start.api).toBeUndefined()
    expect(Object.keys(start.providers)).toEqual(['file'])
  })

  it('answers its health check to itself alone', () => {
    expect(start.entryPoints[start.ping.entryPoint]?.address).toMatch(/^127\.0\.0\.1:/)
  })

  it('logs no header but the request id, no query, no user name', () => {
    const { fields } = start.accessLog
    expect(fields.defaultMode).toBe('drop')
    expect(fields.queryParameters.defaultMode).toBe('drop')
    expect(fields.headers).toEqual({ defaultMode: 'drop', names: { 'X-Request-Id': 'keep' } })
    expect(Object.keys(fields.names)).not.toContain('ClientUsername')
    expect(['INFO', 'WARN', 'ERROR']).toContain(start.log.level)
  })

  it('closes idle connections to our services before they do, after 120 s', () => {
    expect(start.serversTransport.forwardingTimeouts.idleConnTimeout).toBe('90s')
  })

  it('speaks TLS 1.2 and later, and tells browsers to come back by HTTPS alone', () => {
    expect(gateway.tls?.options.default.minVersion).toBe('VersionTLS12')
    expect(start.entryPoints.websecure?.http?.middlewares).toEqual(['hsts@file'])
    expect(middlewares.hsts?.headers?.stsSeconds).toBeGreaterThanOrEqual(31_536_000)
  })
})

describe.each([...Object.entries(routers), ...Object.entries(redirect.http.routers)])('the router %s', (_name, router) => {
  it('serves the host of PUBLIC_URL alone', () => {
    expect(router.rule).toMatch(/^(\{\{ \$host \}\}|Host\(`\{\{ \$public\.hostname \}\}`\)) && /)
  })

  it('uses middlewares and services that exist', () => {
    const known = { ...middlewares, ...redirect.http.middlewares }
    for (const name of router.middlewares) expect(Object.keys(known)).toContain(name)
    expect([...Object.keys(gateway.http.services ?? {}), 'noop@internal']).toContain(router.service)
  })
})

describe('the routers', () => {
  it('have priorities of their own, so that the length of a rule decides nothing', () => {
    const priorities = Object.values(routers).map(({ priority }) => priority)
    expect(new Set(priorities).size).toBe(priorities.length)
    expect(priorities.every((priority) => priority > 0)).toBe(true)
  })

  it('say which entry point they are for', () => {
    for (const { entryPoints } of Object.values(routers)) expect(entryPoints).toEqual(['{{ env "ENTRY_POINT" }}'])
    expect(redirect.http.routers['to-https']?.entryPoints).toEqual(['web'])
  })

  it('send preflights to auth before anybody asks for a token', () => {
    expect(routers.preflight).toMatchObject({ service: 'auth', rule: expect.stringContaining('Method(`OPTIONS`)') })
    expect(routers.preflight?.priority).toBeGreaterThan(routers.mcp?.priority ?? Number.NaN)
    expect(routers.preflight?.middlewares).not.toContain('identify')
  })
})

describe.each(guarded)('the router %s, which leads to the servers', (_name, router) => {
  const position = (name: string) => router.middlewares.indexOf(name)

  it('asks auth first', () => {
    expect(position('identify')).toBeGreaterThanOrEqual(0)
  })

  it('makes refusals readable for browsers', () => {
    expect(position('cors')).toBe(0)
    expect(middlewares.cors?.headers?.customResponseHeaders).toMatchObject({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': expect.stringContaining('WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce'),
    })
  })

  it('removes what only we may say before auth answers, and the credentials after', () => {
    expect(position('clean')).toBeLessThan(position('identify'))
    expect(position('strip-credentials')).toBeGreaterThan(position('identify'))
    const removed = middlewares['strip-credentials']?.headers?.customRequestHeaders
    expect(removed).toMatchObject({ Authorization: '', Cookie: '', DPoP: '' })
    // What a client proves itself with goes to auth, and stops there. These say nothing about who it is.
    const harmless = ['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name', 'Content-Digest']
    const credentials = identify.authRequestHeaders.filter((name) => !harmless.includes(name))
    for (const name of credentials) expect(removed).toMatchObject({ [name]: '' })
    const cleaned = middlewares.clean?.headers?.customRequestHeaders
    for (const name of identify.authResponseHeaders) expect(cleaned).toMatchObject({ [name]: '' })
  })

  it('buffers and compresses nothing, so that event streams flow', () => {
    for (const name of router.middlewares) {
      expect(Object.keys(middlewares[name] ?? {})).not.toContain('buffering')
      expect(Object.keys(middlewares[name] ?? {})).not.toContain('compress')
    }
  })
})

describe('the question to auth', () => {
  it('is asked on the internal listener, without the body and without headers that are not needed', () => {
    expect(identify).toMatchObject({ address: 'http://auth:9090/verify', trustForwardHeader: false, forwardBody: false })
    expect(identify.authRequestHeaders).toEqual(
      expect.arrayContaining(['Authorization', 'DPoP', 'MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name']),
    )
    expect(identify.authRequestHeaders.filter((name) => /forwarded|original|cookie|x-auth/i.test(name))).toEqual([])
  })

  it('has an answer of bounded length', () => {
    expect(identify.maxResponseBodySize).toBe(65_536)
    expect(identify.maxBodySize).toBe(65_536)
  })

  it('brings every identity header from auth alone', () => {
    expect(identify.authResponseHeaders).toEqual(
      expect.arrayContaining(['X-Request-Id', 'X-Auth-Subject', 'X-Auth-User', 'X-Auth-Scopes', 'X-Auth-Assertion']),
    )
    expect(new RegExp(identify.authResponseHeadersRegex).test('X-Auth-Anything')).toBe(true)
  })
})

describe('the limit of bodies', () => {
  const limit = middlewares['body-limit']?.buffering?.maxRequestBodyBytes ?? 0
  const source = /HeaderRegexp\(`Content-Length`, `([^`]+)`\)/.exec(routers['mcp-too-large']?.rule ?? '')?.[1] ?? ''
  const tooLong = (length: number | string) => new RegExp(source).test(String(length))

  it('is 10 MiB, decided before anybody asks for a token', () => {
    expect(limit).toBe(10 * 1024 ** 2)
    expect(routers['mcp-too-large']?.priority).toBeGreaterThan(routers.mcp?.priority ?? Number.NaN)
    expect(routers['mcp-too-large']?.middlewares).toEqual(['cors', 'body-limit'])
  })

  it.each([0, 1, 9, 1_048_576, 9_999_999, 10_000_000, 10_479_999, 10_485_599, 10_485_759, 10_485_760, '0000000010'])(
    'lets %s bytes pass',
    (length) => {
      expect(tooLong(length)).toBe(false)
    },
  )

  it.each([
    10_485_761, 10_485_769, 10_485_770, 10_485_800, 10_486_000, 10_490_000, 10_500_000, 11_000_000, 20_000_000, 99_999_999,
  ])('stops %s bytes', (length) => {
    expect(tooLong(length)).toBe(true)
  })

  it('stops every longer number, with zeros before it too', () => {
    for (let digits = 9; digits < 25; digits++) expect(tooLong(`1${'0'.repeat(digits - 1)}`)).toBe(true)
    expect(tooLong('00010485761')).toBe(true)
  })

  it('agrees with arithmetic near its edge', () => {
    for (let length = limit - 20_000; length < limit + 20_000; length++) {
      if (tooLong(length) !== length > limit) expect.fail(`${length}`)
    }
  })
})
