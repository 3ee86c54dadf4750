import { describe, expect, it } from 'vitest'
import { clientIdHost, clientLabel, readableClaim } from './claims.ts'

describe('a name from outside', () => {
  it.each([
    ['Claude', 'Claude'],
    ['  Claude\r\n Code\t', 'Claude Code'],
    ['Claude‮ edoC', 'Claude edoC'],
    ['​Cl​aude﻿', 'Claude'],
    ['C\u0000laude\u001b[31m', 'Claude[31m'],
    [`Z${'\u0351'.repeat(40)}algo`, `Z${'\u0351'.repeat(2)}algo`],
    ['旗 прапор 🏴', '旗 прапор 🏴'],
    [`x${' y'.repeat(200)}`, `${`x${' y'.repeat(29)}`}…`],
    ['ㅤ⠀', ''],
  ])('%j is shown as %j', (text, shown) => {
    expect(readableClaim(text)).toBe(shown)
  })

  it('may be missing', () => {
    expect(clientLabel({})).toBe('An app without a name')
    expect(clientLabel({ clientName: '​ ' })).toBe('An app without a name')
  })

  it('has a host beside it when the client id is a document', () => {
    expect(clientIdHost('https://claude.ai/oauth/client.json')).toBe('claude.ai')
    expect(clientIdHost('https://xn--80ak6aa92e.com/x')).toBe('xn--80ak6aa92e.com')
    expect(clientIdHost('cli_abc')).toBeUndefined()
    expect(clientIdHost('https://')).toBeUndefined()
  })
})
