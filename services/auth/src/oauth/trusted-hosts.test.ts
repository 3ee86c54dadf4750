import { describe, expect, it } from 'vitest'
import { isCimdOn, isHostPattern, isTrustedHost } from './trusted-hosts.ts'

describe('the list of trusted hosts', () => {
  it.each([
    ['*', ['claude.ai', 'a.b.c']],
    ['claude.ai', ['claude.ai']],
    ['Claude.AI', ['claude.ai']],
    ['*.example.com', ['app.example.com', 'a.b.example.com']],
  ])('that has %s takes %s', (pattern, hosts) => {
    expect(hosts.filter((host) => !isTrustedHost(['other.test', pattern], host))).toEqual([])
  })

  it.each([
    ['claude.ai', ['claude.ai.evil', 'evil', 'evil-claude.ai', 'xclaude.ai', 'www.claude.ai', 'claude.ai.', 'claude-ai']],
    ['*.example.com', ['example.com', 'evilexample.com', 'example.com.evil', '.evil']],
    ['*claude.ai', ['claude.ai', 'evilclaude.ai']],
    ['claude.*', ['claude.evil']],
    ['none', ['none', 'claude.ai']],
    ['', ['claude.ai']],
  ])('that has %s alone takes none of %s (CIM-14)', (pattern, hosts) => {
    expect(hosts.filter((host) => isTrustedHost([pattern], host))).toEqual([])
  })

  it.each([
    [['*'], true],
    [['claude.ai'], true],
    [['none'], false],
    [[], false],
  ])('%j switches documents on: %s', (list, expected) => {
    expect(isCimdOn(list)).toBe(expected)
  })

  it.each(['*', 'none', 'claude.ai', '*.example.com', 'localhost', '127.0.0.1', '[::1]'])('may have %s', (pattern) => {
    expect(isHostPattern(pattern)).toBe(true)
  })

  it.each(['*claude.ai', 'claude.*', 'a.*.b', '**', '*.', 'https://claude.ai', 'claude.ai/x', 'claude.ai:443', ''])(
    'may not have %s, which would mean nothing',
    (pattern) => {
      expect(isHostPattern(pattern)).toBe(false)
    },
  )
})
