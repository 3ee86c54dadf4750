import { describe, expect, it } from 'vitest'
import { newUserCode, readUserCode } from './user-code.ts'

describe('a user code', () => {
  it('is eight consonants with a dash in the middle (RFC 8628 §6.1)', () => {
    const codes = Array.from({ length: 2000 }, newUserCode)
    for (const code of codes) expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect(new Set(codes).size).toBe(2000)
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(20)
  })

  it.each([
    ['as shown', 'WDJB-MJHT'],
    ['in small letters', 'wdjb-mjht'],
    ['without the dash', 'WDJBMJHT'],
    ['with spaces', ' WDJB  MJHT '],
    ['with a dash that a phone made long', 'WDJB–MJHT'],
    ['with dots', 'W.D.J.B.M.J.H.T.'],
    ['in full-width letters', 'ＷＤＪＢ－ＭＪＨＴ'],
  ])('may be typed %s', (_how, typed) => {
    expect(readUserCode(typed)).toBe('WDJB-MJHT')
  })

  it.each([
    ['nothing', undefined],
    ['seven letters', 'WDJB-MJH'],
    ['nine letters', 'WDJB-MJHTB'],
    ['a vowel', 'WDJA-MJHT'],
    ['a digit', 'WDJ8-MJHT'],
    ['a letter that looks the same', 'WDJВ-MJHT'],
    ['a letter that becomes two in capitals', 'WDJßMJHT'],
    ['much too much', `WDJBMJHT${' '.repeat(100_000)}`],
  ])('is not %s', (_what, typed) => {
    expect(readUserCode(typed)).toBeUndefined()
  })
})
