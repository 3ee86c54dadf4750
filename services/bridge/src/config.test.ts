import { ConfigError } from '@gatehouse/runtime'
import { describe, expect, it } from 'vitest'
import { hostRule, originRule, readBridgeConfig, readBridgeEnvironment } from './config.ts'

describe('the environment of the bridge', () => {
  it('has defaults for everything', () => {
    const { bridge, ...process_ } = readBridgeEnvironment({ HOME: '/home/me' })
    expect(bridge).toEqual({
      publicUrl: 'http://localhost:8080',
      auth: 'assertion',
      sessionIdleSeconds: 1800,
      callTimeoutSeconds: 300,
      allowedOrigins: undefined,
      maxBodyBytes: 10_485_760,
      childEnvironment: { HOME: '/home/me' },
    })
    expect(process_).toMatchObject({
      host: '127.0.0.1',
      port: 8081,
      internalPort: 9091,
      serversFile: './mcp.json',
      logLevel: 'info',
    })
    expect(process_.dataDir).toMatch(/^\/.*\/data$/)
    expect(process_.jwksUrl).toBe('http://127.0.0.1:9090/jwks.json')
  })

  it('tells every fault at once, and no value', () => {
    const read = () =>
      readBridgeEnvironment({
        PORT: 'eighty',
        PUBLIC_URL: 'mcp.example',
        SESSION_IDLE_SECONDS: '0',
        AUTH: 'maybe',
        LOG_LEVEL: 'loud',
      })
    expect(read).toThrow(ConfigError)
    for (const name of ['PORT', 'PUBLIC_URL', 'SESSION_IDLE_SECONDS', 'AUTH', 'LOG_LEVEL']) expect(read).toThrow(name)
    for (const value of ['eighty', 'mcp.example', 'maybe', 'loud']) expect(read).not.toThrow(value)
  })

  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example', false],
  ])('allows AUTH=none on %s: %s', (HOST, allowed) => {
    const read = () => readBridgeEnvironment({ AUTH: 'none', HOST })
    if (allowed) expect(read().bridge.auth).toBe('none')
    else expect(read).toThrow('AUTH=none')
  })

  it.each([
    ['https://mcp.example/', 'https://mcp.example'],
    ['https://mcp.example/base/', 'https://mcp.example/base'],
  ])('takes PUBLIC_URL %s as %s', (given, taken) => {
    expect(readBridgeConfig({ PUBLIC_URL: given }).publicUrl).toBe(taken)
  })

  it.each(['https://mcp.example?x', 'https://mcp.example#x', 'https://a:b@mcp.example', 'ftp://mcp.example'])(
    'refuses PUBLIC_URL %s',
    (given) => {
      expect(() => readBridgeConfig({ PUBLIC_URL: given })).toThrow('PUBLIC_URL')
    },
  )
})

describe('ALLOWED_ORIGINS', () => {
  const rule = (text: string) => originRule(readBridgeConfig({ PUBLIC_URL: 'https://mcp.example', ALLOWED_ORIGINS: text }))

  it('replaces the default list; PUBLIC_URL’s own origin stays', () => {
    const allows = rule('https://one.example, https://two.example/path')
    expect(['https://one.example', 'https://two.example', 'https://mcp.example'].map(allows)).toEqual([true, true, true])
    expect(['https://claude.ai', 'http://localhost:1', 'null', 'https://one.example.evil'].map(allows)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  it('may be everybody', () => {
    expect(rule('*')('https://anything.example')).toBe(true)
  })

  it('refuses what is no origin', () => {
    expect(() => rule('claude.ai')).toThrow('ALLOWED_ORIGINS')
  })
})

describe('the Host rule', () => {
  it.each([
    ['localhost', true],
    ['LOCALHOST:80', true],
    ['127.9.9.9:1', true],
    ['[::1]:8080', true],
    ['mcp.example', true],
    ['mcp.example:443', false],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1@evil.example', false],
    [undefined, false],
  ])('%s → %s', (host, allowed) => {
    expect(hostRule(readBridgeConfig({ PUBLIC_URL: 'https://mcp.example' }))(host)).toBe(allowed)
  })
})
