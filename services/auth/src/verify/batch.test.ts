import { describe, expect, it } from 'vitest'
import { createBatch } from './batch.ts'

describe('a batch', () => {
  it('does all the work of one turn before it answers anybody', async () => {
    const events: string[] = []
    const batch = createBatch((input: string) => events.push(`work ${input}`), { perTurn: 10, limit: 10 })
    await Promise.all(['a', 'b', 'c'].map((input) => batch.run(input).then(() => events.push(`answer ${input}`))))
    expect(events).toEqual(['work a', 'work b', 'work c', 'answer a', 'answer b', 'answer c'])
  })

  it('lets other work have its turn in between', async () => {
    const batch = createBatch((input: number) => input, { perTurn: 2, limit: 100 })
    let turns = 0
    const counting = setInterval(() => turns++, 0)
    const immediates: number[] = []
    const answers = Array.from({ length: 6 }, (_, index) => batch.run(index).then(() => immediates.push(index)))
    await Promise.all(answers)
    clearInterval(counting)
    expect(immediates).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('fails the one whose work fails, and no other', async () => {
    const batch = createBatch(
      (input: number) => {
        if (input === 1) throw new Error('one')
        return input
      },
      { perTurn: 10, limit: 10 },
    )
    const results = await Promise.allSettled([0, 1, 2].map((input) => batch.run(input)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('refuses more than its limit, and is open again afterwards', async () => {
    const batch = createBatch((input: number) => input, { perTurn: 10, limit: 3 })
    const waiting = [1, 2, 3].map((input) => batch.run(input))
    expect(() => batch.run(4)).toThrow(expect.objectContaining({ code: 'temporarily_unavailable', status: 503 }))
    await Promise.all(waiting)
    expect(await batch.run(5)).toBe(5)
  })
})
