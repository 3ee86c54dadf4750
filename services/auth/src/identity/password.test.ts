import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createPasswordSignIn, hashPassword, OPERATOR, PasswordQueueFullError } from './password.ts'

/** A hash that takes no time, in the form that hashPassword gives. */
const cheapHash = (password: string): string =>
  `scrypt:2:1:1:${Buffer.from('salt').toString('base64url')}:${scryptSync(password, 'salt', 32, { N: 2, r: 1, p: 1 }).toString('base64url')}`

describe('the operator password', () => {
  it.each([
    ['given in clear', async (password: string) => password],
    ['given as its hash', hashPassword],
  ])('%s lets the operator in, and nobody else', async (_what, secretOf) => {
    const signIn = createPasswordSignIn(await secretOf('correct horse battery'))
    expect(await signIn.verify('correct horse battery')).toEqual(OPERATOR)
    expect(await signIn.verify('correct horse batterz')).toBeUndefined()
    expect(await signIn.verify('')).toBeUndefined()
    expect(await signIn.verify('x'.repeat(2000))).toBeUndefined()
  })

  it('is not its own hash: who reads the file cannot sign in with what it says', async () => {
    const hash = await hashPassword('correct horse battery')
    expect(hash).toMatch(/^scrypt:16384:8:5:[\w-]{22}:[\w-]{43}$/)
    expect(await createPasswordSignIn(hash).verify(hash)).toBeUndefined()
  })

  it('has a salt of its own each time', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'))
  })

  it('is checked two at a time, and a flood is turned away at once (RES-07)', async () => {
    const signIn = createPasswordSignIn(cheapHash('correct horse battery'))
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => signIn.verify('wrong')))
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(28)
    expect(refused[0]).toMatchObject({ reason: expect.any(PasswordQueueFullError) })
    expect(await signIn.verify('correct horse battery')).toEqual(OPERATOR)
  })
})
