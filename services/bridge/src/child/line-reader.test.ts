import { describe, expect, it } from 'vitest'
import { createLineReader } from './line-reader.ts'

function read(bytes: Buffer, sizes: () => number, maxLineBytes = 1_000_000) {
  const lines: string[] = []
  let overlong = 0
  const reader = createLineReader(
    maxLineBytes,
    (line) => lines.push(line.toString('utf8')),
    () => overlong++,
  )
  for (let at = 0; at < bytes.length; ) {
    const size = sizes()
    reader.push(bytes.subarray(at, at + size))
    at += size
  }
  return { lines, overlong }
}

describe('the line reader', () => {
  it('gives the same lines wherever the stream is cut', () => {
    const text = 'one\n\n two \r\nGrüße 🎉\n\t\n{"a":"ü"}\nlast\n'
    for (let size = 1; size <= text.length; size++) {
      expect(read(Buffer.from(text), () => size).lines).toEqual(['one', 'two', 'Grüße 🎉', '{"a":"ü"}', 'last'])
    }
  })

  it('gives the same lines for random cuts of random lines', () => {
    for (let round = 0; round < 50; round++) {
      const lines = Array.from({ length: 40 }, () => '🎉é}"x'.repeat(1 + Math.floor(Math.random() * 300)))
      expect(read(Buffer.from(`${lines.join('\n')}\n`), () => 1 + Math.floor(Math.random() * 700)).lines).toEqual(lines)
    }
  })

  it('keeps what has no end yet to itself', () => {
    expect(read(Buffer.from('one\ntwo'), () => 3).lines).toEqual(['one'])
  })

  it('gives up on a line above the limit, once, and says nothing more', () => {
    expect(read(Buffer.from(`ok\n${'x'.repeat(200)}\nmore\n`), () => 50, 100)).toEqual({ lines: ['ok'], overlong: 1 })
  })

  it('takes time in proportion to the bytes, not to bytes times chunks', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const timeOf = (chunks: number): number => {
      const reader = createLineReader(
        1e9,
        () => {},
        () => {},
      )
      const started = performance.now()
      for (let count = 0; count < chunks; count++) reader.push(chunk)
      reader.push(Buffer.from('\n'))
      return performance.now() - started
    }
    timeOf(50)
    // 50 MB; rescanning would look at 20 GB.
    expect(timeOf(800)).toBeLessThan(500)
  })
})
