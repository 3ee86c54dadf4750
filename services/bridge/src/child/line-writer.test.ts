import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLineWriter } from './line-writer.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('the line writer', () => {
  it('writes the lines of one turn at once and in order, text and bytes alike', async () => {
    const writes: Buffer[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        writes.push(chunk)
        done()
      },
      writev(chunks, done) {
        writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)))
        done()
      },
    })
    const writer = createLineWriter(stream)
    const latin1 = Buffer.from('ü\n').toString('latin1')
    for (const line of ['a\n', 'b\n', latin1]) writer.write(line)
    expect(writes).toEqual([])
    await nextTurn()
    for (const line of [latin1, Buffer.from('ü2\n'), 'c\n']) writer.write(line)
    await nextTurn()
    expect(writes.map(String)).toEqual(['a\nb\nü\n', 'ü\nü2\nc\n'])
    expect(writer.waitingBytes).toBe(0)
  })

  it('waits while the other side does not read, and tells how much waits', async () => {
    const stream = new PassThrough({ highWaterMark: 10 })
    const writer = createLineWriter(stream)
    writer.write(`${'x'.repeat(30)}\n`)
    await nextTurn()
    for (let count = 0; count < 5; count++) {
      writer.write('later\n')
      await nextTurn()
    }
    expect(writer.waitingBytes).toBeGreaterThanOrEqual(30)
    let text = ''
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    await nextTurn()
    await nextTurn()
    expect(text).toBe(`${'x'.repeat(30)}\n${'later\n'.repeat(5)}`)
  })
})
