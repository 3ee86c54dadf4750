import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const SECRET = 'uM0kQzJtq8Zyd1cWv3Xr5nBf7LhPsTgA'
const PUBLIC = { PUBLIC_URL: 'https://mcp.example.org', GATEHOUSE_SECRET: SECRET, OPERATOR_PASSWORD: 'correct horse battery' }

describe('configuration', () => {
  it('needs nothing on the loopback default', () => {
    const config = readConfig({})
    expect(config).toMatchObject({
      PUBLIC_URL: 'http://localhost:8080',
      isLoopback: true,
      publicPath: '',
      REFRESH_GRACE: 120,
      ALLOWED_USERS: [],
    })
  })

  it('takes a public URL with a path', () => {
    expect(readConfig({ ...PUBLIC, PUBLIC_URL: 'https://example.org/gate' })).toMatchObject({
      publicOrigin: 'https://example.org',
      publicPath: '/gate',
      isLoopback: false,
    })
  })

  it.each([
    ['http on a public host (CFG-02)', { PUBLIC_URL: 'http://mcp.example.org' }, /PUBLIC_URL must start with https/],
    ['a query (CFG-02)', { PUBLIC_URL: 'https://mcp.example.org/?x' }, /PUBLIC_URL must not have a query/],
    ['a fragment (CFG-02)', { PUBLIC_URL: 'https://mcp.example.org#x' }, /PUBLIC_URL must not have a query or a fragment/],
    ['a trailing slash', { PUBLIC_URL: 'https://mcp.example.org/' }, /must not end with a slash/],
    [
      'another spelling of the same URL',
      { PUBLIC_URL: 'https://MCP.example.org' },
      /must be spelled as https:\/\/mcp\.example\.org/,
    ],
    ['a missing secret (CFG-01)', { GATEHOUSE_SECRET: undefined }, /GATEHOUSE_SECRET is required/],
    ['a short secret (CFG-01)', { GATEHOUSE_SECRET: 'hunter2' }, /GATEHOUSE_SECRET is shorter/],
    [
      'a placeholder (CFG-01)',
      { GATEHOUSE_SECRET: 'change-me-change-me-change-me-change-me' },
      /GATEHOUSE_SECRET looks like a placeholder/,
    ],
    ['half a provider', { GITHUB_CLIENT_ID: 'abc' }, /GITHUB_CLIENT_SECRET is missing/],
    ['an unreadable rule', { ALLOWED_USERS: 'github' }, /ALLOWED_USERS has a fault: "github" is not a rule/],
    ['no way to sign in', { OPERATOR_PASSWORD: undefined }, /OPERATOR_PASSWORD/],
    ['a port that is none', { PORT: 'eighty' }, /PORT/],
  ])('refuses %s', (_what, change, message) => {
    expect(() => readConfig({ ...PUBLIC, ...change })).toThrow(message)
  })

  it('lists every fault at once and never a value', () => {
    try {
      readConfig({
        PUBLIC_URL: 'https://mcp.example.org',
        GATEHOUSE_SECRET: 'tiny-canary',
        PORT: 'x',
        OPERATOR_PASSWORD: 'short',
      })
      expect.unreachable()
    } catch (error) {
      const message = (error as Error).message
      expect(message.split('\n').length).toBeGreaterThanOrEqual(3)
      expect(message).not.toContain('tiny-canary')
    }
  })
})
