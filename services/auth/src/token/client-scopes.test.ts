import { describe, expect, it } from 'vitest'
import { OAuthError } from '../oauth/error.ts'
import { clientScopes } from './client-scopes.ts'

const resource = { scopes: ['read', 'write', 'admin'] }
const registered = { source: 'registered', scope: 'admin' } as const
const configured = (scope?: string) => ({ source: 'configured', ...(scope === undefined ? {} : { scope }) }) as const

describe('the scopes of a client that asks without a person', () => {
  it.each<[string, Parameters<typeof clientScopes>[0], string | undefined, string[] | undefined, string[]]>([
    ['nothing asked and nothing named: the first', configured(), undefined, undefined, ['read']],
    ['what it asks for', configured(), 'write', undefined, ['write']],
    ['in the order of the resource', configured(), 'admin read', undefined, ['read', 'admin']],
    ['what is unknown is left out', configured(), 'write claudeai openid', undefined, ['write']],
    ['nothing but unknown ones: the first', configured(), 'claudeai', undefined, ['read']],
    ['nothing asked: all that the file names for it', configured('write read'), undefined, undefined, ['read', 'write']],
    ['never more than the file names', configured('read'), 'read write', undefined, ['read']],
    ['asking for other ones: all that the file names', configured('read'), 'write', undefined, ['read']],
    ['what a client said of itself at registration is no limit', registered, 'write', undefined, ['write']],
    ['never more than the assertion says', configured(), 'read write', ['write'], ['write']],
    ['nothing asked: all that the assertion says', configured(), undefined, ['write', 'admin', 'x'], ['write', 'admin']],
    ['what both file and assertion say', configured('read write'), undefined, ['write', 'admin'], ['write']],
  ])('%s', (_what, client, requested, limit, expected) => {
    expect(clientScopes(client, resource, requested, limit).granted).toEqual(expected)
  })

  it.each<[string, string | undefined, string[] | undefined]>([
    ['the file names none of this resource', 'other', undefined],
    ['the assertion has none of this resource', undefined, ['chat.read']],
    ['the assertion has none at all', undefined, []],
    ['file and assertion have none in common', 'read', ['write']],
  ])('is refused when %s, with the ones there are', (_what, scope, limit) => {
    const refusal = () => clientScopes(configured(scope), resource, 'read', limit)
    expect(refusal).toThrow(expect.objectContaining({ code: 'invalid_scope' }))
    expect(refusal).toThrow(OAuthError)
    expect(refusal).toThrow('read write admin')
  })
})
