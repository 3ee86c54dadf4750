import { describe, expect, it } from 'vitest'
import { findCitations } from './citations.ts'
import { REQUIREMENTS } from './requirements.ts'

const citations = findCitations()

describe('the requirements', () => {
  it('have ids of their own', () => {
    const ids = REQUIREMENTS.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  it('are each cited by the name of a test, or say where else they are shown', () => {
    const uncited = REQUIREMENTS.filter(({ id, elsewhere }) => elsewhere === undefined && !citations.has(id))
    expect(uncited.map(({ id }) => id)).toEqual([])
  })

  it('are all there: no test cites an unknown one', () => {
    const known = new Set(REQUIREMENTS.map(({ id }) => id))
    expect([...citations.keys()].filter((id) => !known.has(id))).toEqual([])
  })

  it('list no gap that a test has closed', () => {
    const stale = REQUIREMENTS.filter(({ id, elsewhere }) => elsewhere !== undefined && citations.has(id))
    expect(stale.map(({ id }) => id)).toEqual([])
  })
})
