import { describe, expect, it } from 'vitest'
import { microsoftIdentity } from './microsoft.ts'

const TOKEN = { sub: 'pairwise', tid: 'tenant-1', oid: 'object-1', name: 'Ada' }

describe('a Microsoft account', () => {
  it('is its tenant and object, whatever app or name it goes by (CON-16)', () => {
    expect(microsoftIdentity([TOKEN], { isOwnTenant: false }).subject).toBe('microsoft:tenant-1:object-1')
  })

  it.each<[string, Record<string, unknown>, boolean, string | undefined]>([
    ['an address an administrator wrote', { email: 'ceo@victim.example' }, false, undefined],
    ['the same in the operator’s tenant', { email: 'ceo@victim.example' }, true, undefined],
    ['email_verified, which Microsoft never says', { email: 'ceo@victim.example', email_verified: true }, false, undefined],
    ['a proved domain', { email: 'ada@acme.example', xms_edov: true }, false, 'ada@acme.example'],
    ['a proved domain as a number', { email: 'ada@acme.example', xms_edov: 1 }, false, 'ada@acme.example'],
    ['a domain that is not proved', { email: 'ada@acme.example', xms_edov: false }, false, undefined],
    ['a sign-in name of anybody', { preferred_username: 'ada@acme.example' }, false, undefined],
    ['a sign-in name in the operator’s tenant', { preferred_username: 'ada@acme.example' }, true, 'ada@acme.example'],
    ['a guest there', { preferred_username: 'eve_evil.example#EXT#@acme.onmicrosoft.com' }, true, undefined],
    ['a sign-in name that is no address', { preferred_username: '+1 555 0100' }, true, undefined],
  ])('with %s has a verified address, or none', (_what, claims, isOwnTenant, expected) => {
    expect(microsoftIdentity([{ ...TOKEN, ...claims }], { isOwnTenant }).email).toBe(expected)
  })

  it.each(['tid', 'oid'])('without %s is nobody', (claim) => {
    expect(() => microsoftIdentity([{ ...TOKEN, [claim]: undefined }], { isOwnTenant: true })).toThrow('no tid or no oid')
  })
})
