import { describe, expect, it } from 'vitest'
import { createHostRule } from './check-host.ts'

describe('a gateway on the loopback default', () => {
  const isKnown = createHostRule({ PUBLIC_URL: 'http://localhost:8080', isLoopback: true })

  it.each(['localhost:8080', 'localhost', 'LOCALHOST:8080', 'localhost.:8080', '127.0.0.1:9', '[::1]:8080', 'a.localhost'])(
    'answers to %s',
    (host) => expect(isKnown(host)).toBe(true),
  )

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '', 'a b', undefined])(
    'does not answer to %s (VER-11)',
    (host) => expect(isKnown(host)).toBe(false),
  )
})

describe('a gateway on a domain', () => {
  const isKnown = createHostRule({ PUBLIC_URL: 'https://mcp.example.org/gate', isLoopback: false })

  it.each(['mcp.example.org', 'MCP.example.org', 'mcp.example.org:443', 'mcp.example.org.'])('answers to %s', (host) =>
    expect(isKnown(host)).toBe(true),
  )

  it.each(['example.org', 'localhost', '127.0.0.1', 'x.mcp.example.org'])('does not answer to %s (VER-11)', (host) =>
    expect(isKnown(host)).toBe(false),
  )
})
