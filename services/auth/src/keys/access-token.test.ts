import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { newGrantId } from '../oauth/code.ts'
import { createTestContext, OCTOCAT, type TestContext } from '../testing/test-context.ts'
import { ACCESS_TOKEN_MAX_LENGTH, type AccessTokenReading, createAccessTokenReader, mintAccessToken } from './access-token.ts'
import { mintAssertion } from './assertion.ts'
import { mintIdToken } from './id-token.ts'
import { signJwt } from './jwt.ts'

const ISSUER = 'https://gate.test'
const AUDIENCE = `${ISSUER}/memory/mcp`
const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const grant = {
  id: newGrantId(),
  clientId: 'cli_x',
  identity: OCTOCAT,
  scopes: ['mcp'],
  resource: AUDIENCE,
  createdAt: 0,
}

let context: TestContext
let read: (token: string) => AccessTokenReading
let now: number
beforeAll(async () => {
  context = await createTestContext()
  read = createAccessTokenReader(context.keys, ISSUER, context.clock)
  now = Math.floor(context.clock() / 1000)
})

const mint = () =>
  mintAccessToken(context.keys.current(), ISSUER, {
    grant,
    audience: AUDIENCE,
    scopes: ['mcp'],
    issuedAt: now,
    expiresAt: now + 3600,
  })
const claims = (changes: Record<string, unknown> = {}) => ({
  iss: ISSUER,
  sub: 'github:1',
  aud: AUDIENCE,
  client_id: 'cli_x',
  iat: now,
  exp: now + 3600,
  jti: 'j',
  scope: 'mcp',
  grant_id: grant.id,
  ...changes,
})
const signed = (changes: Record<string, unknown> = {}) => signJwt(context.keys.current(), 'at+jwt', claims(changes))
const signedWithHeader = (header: unknown) => {
  const text = `${encode(header)}.${encode(claims())}`
  const signature = sign('sha256', Buffer.from(text), { key: context.keys.current().privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

describe('an access token of ours', () => {
  it('says who may do what where, and until when (TOK-01, RFC 9068)', () => {
    const token = mint()
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: context.keys.current().kid,
    })
    expect(read(token)).toEqual({
      outcome: 'valid',
      claims: {
        iss: ISSUER,
        sub: 'github:583231',
        aud: AUDIENCE,
        client_id: 'cli_x',
        iat: now,
        exp: now + 3600,
        jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        scope: 'mcp',
        grant_id: grant.id,
      },
    })
  })

  it.each([
    [59, 'valid'],
    [60, 'expired'],
    [120, 'expired'],
  ])('%i seconds past its end is %s (JWT-08)', (past, outcome) => {
    expect(read(signed({ iat: now - 3600, exp: now - past })).outcome).toBe(outcome)
  })
})

describe('a forged access token', () => {
  const publicPem = () => context.keys.current().publicKey.export({ type: 'spki', format: 'pem' })
  const hmacSigned = (key: string | Buffer) => {
    const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: context.keys.current().kid })}.${encode(claims())}`
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const header = (changes: Record<string, unknown>) => ({
    alg: 'ES256',
    typ: 'at+jwt',
    kid: context.keys.current().kid,
    ...changes,
  })

  it.each<[string, () => string]>([
    ['alg none (JWT-01)', () => `${encode(header({ alg: 'none' }))}.${encode(claims())}.`],
    ['alg None (JWT-01)', () => `${encode(header({ alg: 'None' }))}.${encode(claims())}.`],
    ['alg nOnE (JWT-01)', () => `${encode(header({ alg: 'nOnE' }))}.${encode(claims())}.`],
    ['an empty alg (JWT-01)', () => `${encode(header({ alg: '' }))}.${encode(claims())}.`],
    ['HS256 with our public key as PEM (JWT-01)', () => hmacSigned(publicPem())],
    ['HS256 with our public key as JWK (JWT-01)', () => hmacSigned(JSON.stringify(context.keys.jwks().keys[0]))],
    [
      'HS256 with the x of our public key (JWT-01)',
      () => hmacSigned(Buffer.from(String(context.keys.jwks().keys[0]?.x), 'base64url')),
    ],
    ['a kid of dots and slashes (JWT-03)', () => signedWithHeader(header({ kid: '../../x' }))],
    ['a kid that is a pattern (JWT-03)', () => signedWithHeader(header({ kid: '*' }))],
    ['a kid that is SQL (JWT-03)', () => signedWithHeader(header({ kid: "' or 1" }))],
    ['a kid that is a list (JWT-03)', () => signedWithHeader(header({ kid: [context.keys.current().kid] }))],
    ['a kid that is null (JWT-03)', () => signedWithHeader(header({ kid: null }))],
    ['a kid of 10 KB (JWT-03)', () => signedWithHeader(header({ kid: 'k'.repeat(10_240) }))],
    ['no kid (JWT-03)', () => signedWithHeader({ alg: 'ES256', typ: 'at+jwt' })],
    ['crit (JWT-04)', () => signedWithHeader(header({ crit: ['x'], x: 1 }))],
    ['b64 false (JWT-04)', () => signedWithHeader(header({ b64: false, crit: ['b64'] }))],
    ['zip (JWT-04)', () => signedWithHeader(header({ zip: 'DEF' }))],
    ['jwk of its own (JWT-04)', () => signedWithHeader(header({ jwk: context.keys.jwks().keys[0] }))],
    [
      'our header with its members in another order',
      () => signedWithHeader({ typ: 'at+jwt', alg: 'ES256', kid: context.keys.current().kid }),
    ],
    ['five parts like a JWE (JWT-04)', () => `${mint()}.x.y`],
    ['two parts', () => mint().split('.').slice(0, 2).join('.')],
    ['typ JWT (JWT-06)', () => signedWithHeader(header({ typ: 'JWT' }))],
    ['typ id+jwt (JWT-06)', () => signedWithHeader(header({ typ: 'id+jwt' }))],
    ['no typ (JWT-06)', () => signedWithHeader({ alg: 'ES256', kid: context.keys.current().kid })],
    ['nothing', () => ''],
    ['two dots', () => '..'],
    ['10,000 dots (JWT-09)', () => '.'.repeat(10_000)],
    ['64 KB (JWT-09)', () => `${mint()}${'A'.repeat(65_536)}`],
    ['a line break behind it', () => `${mint()}\n`],
  ])('with %s is malformed', (_what, forge) => {
    const token = forge()
    const start = process.cpuUsage()
    expect(read(token).outcome).toMatch(/^(malformed|bad_signature)$/)
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1_000).toBeLessThan(50)
  })

  it.each<[string, () => string]>([
    ['changed claims', () => mint().replace(/\.[^.]+\./, `.${encode(claims({ sub: 'github:1' }))}.`)],
    ['the signature of another token', () => `${mint().split('.').slice(0, 2).join('.')}.${mint().split('.')[2]}`],
    [
      'a signature in DER',
      () => {
        const text = mint().split('.').slice(0, 2).join('.')
        return `${text}.${sign('sha256', Buffer.from(text), context.keys.current().privateKey).toString('base64url')}`
      },
    ],
    ['an empty signature', () => `${mint().split('.').slice(0, 2).join('.')}.`],
    ['a signature of zeros', () => `${mint().split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`],
    [
      'a signature with other spare bits',
      () => {
        const token = mint()
        const last = token.at(-1) ?? ''
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        return token.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1]
      },
    ],
    [
      'a signature in the other base64',
      () => {
        for (;;) {
          const token = mint()
          const [head, payload, signature = ''] = token.split('.')
          if (/[-_]/.test(signature)) return `${head}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`
        }
      },
    ],
    [
      'the key of a stranger under our kid',
      () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        const text = mint().split('.').slice(0, 2).join('.')
        return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
      },
    ],
  ])('with %s has a bad signature', (_what, forge) => {
    expect(read(forge()).outcome).toBe('bad_signature')
  })

  it('by a key id we have not seen is told apart, so that we can look for it', () => {
    expect(read(signedWithHeader(header({ kid: 'k'.repeat(43) }))).outcome).toBe('unknown_key')
    expect(read(signedWithHeader(header({ kid: 'k'.repeat(44) }))).outcome).toBe('malformed')
  })

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.test' }],
    ['our issuer with a slash', { iss: `${ISSUER}/` }],
    ['no issuer', { iss: undefined }],
    ['an audience list', { aud: [AUDIENCE, 'https://evil.test'] }],
    ['an audience list of one', { aud: [AUDIENCE] }],
    ['an exp in text', { exp: String(now + 3600) }],
    ['an exp of half seconds', { exp: now + 0.5 }],
    ['no exp', { exp: undefined }],
    ['an iat in text', { iat: String(now) }],
    ['an iat in the future', { iat: now + 61 }],
    ['an nbf in text', { nbf: String(now) }],
    ['an nbf in the future', { nbf: now + 61 }],
    ['no subject', { sub: undefined }],
    ['no client', { client_id: undefined }],
    ['no grant', { grant_id: undefined }],
    ['no jti', { jti: undefined }],
    ['a scope list', { scope: ['mcp'] }],
  ])('that we signed ourselves with %s is not one (JWT-07)', (_what, changes) => {
    expect(read(signed(changes)).outcome).toBe('wrong_claims')
  })

  it('is not an ID token, nor an assertion, by the same key (JWT-06)', () => {
    const key = context.keys.current()
    const idToken = mintIdToken(key, ISSUER, {
      grant: { ...grant, scopes: ['openid'] },
      nonce: undefined,
      authTime: undefined,
      issuedAt: now,
      expiresAt: now + 60,
    })
    const assertion = mintAssertion(key, ISSUER, {
      identity: OCTOCAT,
      server: AUDIENCE,
      clientId: 'c',
      scope: 'mcp',
      grantId: grant.id,
      now,
    })
    expect(read(idToken).outcome).toBe('malformed')
    expect(read(assertion).outcome).toBe('malformed')
  })

  it.each(['null', '[]', '"x"', '7', '{', ''])('whose payload is %s is not one, though we signed it', (payload) => {
    const text = `${mint().split('.')[0]}.${encode(payload)}`
    const signature = sign('sha256', Buffer.from(text), { key: context.keys.current().privateKey, dsaEncoding: 'ieee-p1363' })
    expect(read(`${text}.${signature.toString('base64url')}`).outcome).toBe('wrong_claims')
  })

  it('is none of 2,000 with a character changed anywhere', () => {
    const token = mint()
    for (let index = 0; index < 2000; index++) {
      const position = Math.floor((index / 2000) * token.length)
      const mutated = token.slice(0, position) + String.fromCharCode(33 + (index % 90)) + token.slice(position + 1)
      if (mutated !== token) expect(read(mutated).outcome).not.toBe('valid')
    }
  })

  it('has a limit that our own stay far below', () => {
    expect(mint().length).toBeLessThan(ACCESS_TOKEN_MAX_LENGTH / 4)
  })
})
