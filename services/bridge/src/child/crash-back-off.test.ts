import { describe, expect, it } from 'vitest'
import { createCrashBackOff } from './crash-back-off.ts'

describe('the crash back-off', () => {
  it('waits 1, 2, 4, 8, 16, 30, 30 s after deaths in a row', () => {
    let now = 0
    const backOff = createCrashBackOff(() => now)
    const waits = Array.from({ length: 7 }, () => {
      backOff.died('x')
      const wait = backOff.waitMs('x')
      now += wait
      return wait / 1000
    })
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30])
    expect(backOff.waitMs('x')).toBe(0)
  })

  it('begins anew after a recovery, and after a quiet minute', () => {
    let now = 0
    const backOff = createCrashBackOff(() => now)
    backOff.died('x')
    backOff.died('x')
    backOff.recovered('x')
    backOff.died('x')
    expect(backOff.waitMs('x')).toBe(1000)
    now += 62_000
    backOff.died('x')
    expect(backOff.waitMs('x')).toBe(1000)
  })

  it('keeps keys apart and forgets the oldest of too many', () => {
    const backOff = createCrashBackOff(() => 0)
    backOff.died('first')
    for (let key = 0; key < 10_000; key++) backOff.died(`key ${key}`)
    expect([backOff.waitMs('first'), backOff.waitMs('other'), backOff.waitMs('key 9999')]).toEqual([0, 0, 1000])
  })
})
