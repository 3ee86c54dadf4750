import { describe, expect, it } from 'vitest'
import { createSealer } from './sealer.ts'

const OLD = 'an old secret of thirty-two bytes or more'
const NEW = 'a new secret of thirty-two bytes or more!'

describe('a sealed value', () => {
  it('opens again, also when it is empty or not ASCII', () => {
    const sealer = createSealer([NEW], 'test')
    for (const text of ['', 'plain', 'żółw 🐢']) expect(sealer.open(sealer.seal(text))).toBe(text)
  })

  it('opens with an older secret while that one is still in the list', () => {
    const sealed = createSealer([OLD], 'test').seal('kept')
    expect(createSealer([NEW, OLD], 'test').open(sealed)).toBe('kept')
    expect(createSealer([NEW], 'test').open(sealed)).toBeUndefined()
  })

  it.each([
    ['sealed for another purpose', () => createSealer([NEW], 'other').seal('x')],
    ['changed in one bit', () => flip(createSealer([NEW], 'test').seal('x'))],
    ['cut short', () => createSealer([NEW], 'test').seal('x').slice(0, 10)],
    ['nothing at all', () => ''],
    ['not ours', () => 'hello world'],
  ])('does not open when it is %s', (_what, make) => {
    expect(createSealer([NEW], 'test').open(make())).toBeUndefined()
  })
})

const flip = (sealed: string) => {
  const bytes = Buffer.from(sealed, 'base64url')
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes.toString('base64url')
}
