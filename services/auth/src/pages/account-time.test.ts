import { describe, expect, it } from 'vitest'
import { relativeTime, timeTag } from './account-time.ts'

const NOW = 1_795_608_000

describe('a time', () => {
  it.each([
    [0, 'just now'],
    [-59, 'just now'],
    [59, 'in a moment'],
    [-60, '1 minute ago'],
    [-3599, '59 minutes ago'],
    [-3600, '1 hour ago'],
    [-47 * 3600, '47 hours ago'],
    [-48 * 3600, '2 days ago'],
    [-59 * 86_400, '59 days ago'],
    [-60 * 86_400, '2 months ago'],
    [-365 * 86_400, '12 months ago'],
    [7 * 86_400, 'in 7 days'],
    [365 * 86_400, 'in 12 months'],
  ])('%i seconds away is %s', (distance, words) => {
    expect(relativeTime(NOW + distance, NOW)).toBe(words)
  })

  it('is there to the minute too', () => {
    expect(timeTag(NOW - 60, NOW).markup).toBe(
      '<time datetime="2026-11-25T11:59:00.000Z">1 minute ago</time> (2026-11-25 11:59 UTC)',
    )
  })
})
