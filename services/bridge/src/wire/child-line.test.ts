import { describe, expect, it } from 'vitest'
import { readChildLine } from './child-line.ts'

/** What the line says by way of JSON.parse: the answer must be the same. */
function expected(line: string): unknown {
  const { id, method, result, error } = JSON.parse(line) as Record<string, unknown>
  if (method !== undefined) return id === undefined ? { kind: 'notification', method } : { kind: 'request' }
  return { kind: 'answer', id, failed: error !== undefined && result === undefined }
}

const ANSWERS = [
  '{"result":{"content":[]},"jsonrpc":"2.0","id":7}',
  '{"error":{"code":-1,"message":"}"},"jsonrpc":"2.0","id":123456}',
  '{"jsonrpc":"2.0","id":7,"result":{"id":8,"method":"x"}}',
  '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"\\"id\\":9}"}}',
  '{ "jsonrpc" : "2.0" , "result" : { "a" : [ { "id" : 1 } , "]}" ] } , "id" : 42 }',
  '{"id":5,"jsonrpc":"2.0","result":"text with \\\\\\" and ,\\"id\\":6}"}',
  '{"result":"x,\\"id\\":6}","jsonrpc":"2.0","id":5}',
  '{"result":{"id":6},"id":5,"jsonrpc":"2.0"}',
  '{"\\u0069d":5,"result":{},"jsonrpc":"2.0"}',
  '{"result":{"text":"🎉 ü"},"jsonrpc":"2.0","id":5,"extra":{"id":1}}',
  '{"jsonrpc":"2.0","method":"sampling/createMessage","params":{"id":1},"id":3}',
  '{"method":"roots/list","jsonrpc":"2.0","id":0}',
  '{"jsonrpc":"2.0","id":"abc","method":"ping"}',
  '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"x"}}',
]

describe('a line of a child', () => {
  it.each(ANSWERS)('is read as JSON.parse would: %s', (line) => {
    const bytes = Buffer.from(line)
    const read = readChildLine(bytes)
    expect(read).toMatchObject(expected(line) as object)
    if (read.kind === 'answer') expect(bytes.toString('utf8', read.at.start, read.at.end)).toBe(String(read.id))
  })

  it('is read as JSON.parse would for random members, order and white space', () => {
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item
    const text = () => pick(['a', '"id":1}', '\\', '{"id":2', ']', '🎉', ',"id":3}', '\n', 'é'.repeat(60)])
    const value = (depth: number): unknown =>
      pick<() => unknown>([
        () => Math.floor(Math.random() * 1e6),
        text,
        () => null,
        () => (depth === 0 ? true : [value(depth - 1), value(depth - 1)]),
        () => (depth === 0 ? false : { [text()]: value(depth - 1), id: value(depth - 1) }),
      ])()
    for (let round = 0; round < 3000; round++) {
      const members: [string, unknown][] = [
        ['jsonrpc', '2.0'],
        ['id', Math.floor(Math.random() * 1e9)],
        [pick(['result', 'error']), value(3)],
        [text(), value(2)],
      ]
      members.sort(() => Math.random() - 0.5)
      const line = JSON.stringify(Object.fromEntries(members), null, pick([0, 0, 1])).replaceAll('\n', ' ')
      const parsed = JSON.parse(line) as Record<string, unknown>
      if (Object.keys(parsed).length < members.length) continue
      expect(readChildLine(Buffer.from(line)), line).toMatchObject(expected(line) as object)
    }
  })

  it.each([
    ['progress', '{"method":"notifications/progress","params":{"progressToken":12,"progress":1},"jsonrpc":"2.0"}', '12'],
    [
      'progress in another order',
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"m":"x","progressToken": "a" }}',
      '"a"',
    ],
    ['a cancellation', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q1"}}', '"q1"'],
  ])('tells what it is about: %s', (_what, line, subject) => {
    const bytes = Buffer.from(line)
    const read = readChildLine(bytes)
    if (read.kind !== 'notification' || read.subject === undefined) throw new Error(`read as ${read.kind}`)
    expect(bytes.toString('utf8', read.subject.start, read.subject.end)).toBe(subject)
  })

  it.each([
    ['text', 'Server started'],
    ['an array', '[{"jsonrpc":"2.0","id":1,"result":{}}]'],
    ['half an object', '{"jsonrpc":"2.0","id":1,"result":{'],
    ['an object that is no message', '{"hello":"world"}'],
    ['an answer to null', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}'],
    ['an answer to a text', '{"jsonrpc":"2.0","id":"1","result":{}}'],
    ['an answer to a fraction', '{"jsonrpc":"2.0","id":1.5,"result":{}}'],
    ['an answer to a huge number', '{"jsonrpc":"2.0","id":12345678901234567890,"result":{}}'.replace('"jsonrpc":"2.0",', '')],
    ['one brace', '{'],
    ['two braces', '{}'],
    ['a lonely string', '{"'],
  ])('is junk: %s', (_what, line) => {
    expect(readChildLine(Buffer.from(line)).kind).toBe('junk')
  })

  it('ends the scan of anything, whatever the bytes', () => {
    const alphabet = '{}[]",:\\ 1a"'
    for (let round = 0; round < 20_000; round++) {
      const line = `{${Array.from({ length: Math.floor(Math.random() * 24) }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('')}}`
      readChildLine(Buffer.from(line))
    }
  })
})
