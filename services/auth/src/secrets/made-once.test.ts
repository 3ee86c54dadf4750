import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { madeOnce } from './made-once.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'gatehouse-once-'))

describe('a secret that nobody gave', () => {
  it('is made once and found again', () => {
    const data = folder()
    expect(madeOnce(data, 'secret', () => 'first')).toEqual({ value: 'first', isNew: true })
    expect(madeOnce(data, 'secret', () => 'second')).toEqual({ value: 'first', isNew: false })
  })

  it('can be read by its owner alone and leaves no draft', () => {
    const data = join(folder(), 'new', 'place')
    madeOnce(data, 'secret', () => 'value')
    expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600)
    expect(readdirSync(data)).toEqual(['secret'])
  })

  it('is the one of the process that was first when two start at once', () => {
    const data = folder()
    const slow = madeOnce(data, 'secret', () => madeOnce(data, 'secret', () => 'winner').value.replace('winner', 'loser'))
    expect(slow).toEqual({ value: 'winner', isNew: false })
  })
})
