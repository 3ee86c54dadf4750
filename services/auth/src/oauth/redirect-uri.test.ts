import { describe, expect, it } from 'vitest'
import { matchRedirectUri, redirectDestination, redirectUriFault } from './redirect-uri.ts'

describe('a redirect URI', () => {
  it.each([
    'https://claude.ai/api/mcp/auth_callback',
    'https://chatgpt.com/connector/oauth/abc?x=1',
    'http://127.0.0.1/cb',
    'http://[::1]/cb',
    'http://localhost:8787/callback',
    'http://127.0.0.1/',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'com.example.app:/callback',
  ])('%s may be registered (REG-06)', (uri) => {
    expect(redirectUriFault(uri)).toBeUndefined()
  })

  it.each([
    'http://example.com/cb',
    'http://127.0.0.1.evil/cb',
    'http://localhost@evil/cb',
    'https://user:pass@example.com/cb',
    'http://0.0.0.0/cb',
    'http://127.1/cb',
    'https://example.com/cb#frag',
    'https://example.com/cb#',
    'https://*.example.com/cb',
    '/relative',
    'https:\\\\example.com',
    'https:example.com',
    'https:///example.com',
    'https://example.com/\0',
    'https://example.com/\r\nx: y',
    `https://example.com/${'a'.repeat(2048)}`,
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:https://example.com/x',
    'ftp://example.com/',
    'ws://example.com/',
    '',
  ])('%j is refused (REG-03, REG-04)', (uri) => {
    expect(redirectUriFault(uri)).toEqual(expect.any(String))
  })
})

describe('a requested redirect URI', () => {
  it.each([
    ['https://a.example/cb', 'https://a.example/cb'],
    ['http://localhost/callback', 'http://localhost:51234/callback'],
    ['http://127.0.0.1:33418', 'http://127.0.0.1:33418/'],
    ['http://[::1]/cb', 'http://[::1]:9/cb'],
    ['http://127.0.0.1/cb?a=1', 'http://127.0.0.1:1/cb?a=1'],
  ])('registered as %s matches %s', (registered, requested) => {
    expect(matchRedirectUri([registered], requested)).toBe(registered)
  })

  it.each([
    ['https://a.example/cb', 'https://a.example/cb/'],
    ['https://a.example/cb', 'https://A.example/cb'],
    ['https://a.example/cb', 'https://a.example/cb?x=1'],
    ['https://a.example/cb', 'https://a.example:8443/cb'],
    ['https://a.example/cb', 'https://sub.a.example/cb'],
    ['https://a.example/a/b', 'https://a.example/a%2Fb'],
    ['http://localhost/cb', 'http://127.0.0.1/cb'],
    ['http://localhost/cb', 'http://localhost:1/CB'],
    ['http://localhost/cb', 'http://localhost:1/cb?x=1'],
    ['http://localhost/cb', 'http://localhost.evil:1/cb'],
    ['http://localhost/cb', 'http://localhost:1@evil/cb'],
    ['http://localhost/cb', 'https://localhost/cb'],
  ])('registered as %s does not match %s (AUT-01)', (registered, requested) => {
    expect(matchRedirectUri([registered], requested)).toBeUndefined()
  })

  it('is shown to people as a host, this computer, or an app', () => {
    expect(redirectDestination('https://claude.ai/x')).toEqual({ kind: 'web', text: 'claude.ai' })
    expect(redirectDestination('http://localhost:123/x')).toEqual({ kind: 'this-computer', text: 'localhost:123' })
    expect(redirectDestination('cursor://a/b')).toEqual({ kind: 'app', text: 'cursor://' })
  })
})
