import { describe, expect, it } from 'vitest'
import { readMessage } from './read-message.ts'
import { inOrder, spliceLine } from './splice.ts'

const textAt = (bytes: Buffer, span: { start: number; end: number } | undefined) =>
  span && bytes.toString('utf8', span.start, span.end)

describe('a message of a client', () => {
  it('tells where its id and its progress token stand, at the top and nowhere else', () => {
    const body =
      '{ "params": {"id": 1, "arguments": {"_meta": {"progressToken": 2}}, "_meta": {"x": 3, "progressToken": "tök" }}, "method": "tools/call", "id": "ïd", "jsonrpc": "2.0" }'
    const { kind, method, bytes, id, progressToken, idText } = readMessage(Buffer.from(body))
    expect([kind, method, textAt(bytes, id), textAt(bytes, progressToken)]).toEqual(['request', 'tools/call', '"ïd"', '"tök"'])
    expect(Buffer.from(idText, 'latin1').toString()).toBe('"ïd"')
  })

  it.each([
    ['{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification', 'notifications/initialized'],
    ['{"jsonrpc":"2.0","id":0,"result":{}}', 'response', ''],
    ['{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"m"}}', 'response', ''],
    ['{"jsonrpc":"2.0","id":1,"method":"ping"}', 'request', 'ping'],
  ])('is read by its members: %s', (body, kind, method) => {
    expect(readMessage(Buffer.from(body))).toMatchObject({ kind, method })
  })

  it('becomes one line that says the same', () => {
    const value = { jsonrpc: '2.0', id: 1, method: 'x', params: { text: 'a\u2028b\u2029c\nd', list: [1, 2] } }
    const { bytes } = readMessage(Buffer.from(JSON.stringify(value, null, '\r\n')))
    expect(bytes.toString()).not.toMatch(/[\r\n\u2028\u2029]/)
    expect(JSON.parse(bytes.toString())).toEqual(value)
  })

  it('may have members of its own, also many, and any keys among its arguments', () => {
    const more = Object.fromEntries(Array.from({ length: 40 }, (_none, index) => [`x${index}`, index]))
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'm',
      ...more,
      params: { ...more, arguments: { Name: 1, name: 2 } },
    })
    expect(readMessage(Buffer.from(body)).kind).toBe('request')
    expect(() => readMessage(Buffer.from(body.replace('"x39":39', '"x1":1')))).toThrow('A member comes twice.')
  })
})

describe('what is kept while a call runs', () => {
  it.each([
    ['id', { id: 'x'.repeat(1100), method: 'm' }],
    ['method', { id: 1, method: 'x'.repeat(1100) }],
    ['progressToken', { id: 1, method: 'm', params: { _meta: { progressToken: 'x'.repeat(1100) } } }],
  ])('is small, so that thousands of calls with a long %s fill no memory', (name, members) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...members }))
    expect(() => readMessage(body)).toThrow(`"${name}" is too long.`)
  })
})

describe('spliceLine', () => {
  it.each([
    ['as text', ''],
    ['as bytes', 'ü'.repeat(5000)],
  ])('replaces in place, longer or shorter, and ends the line: %s', (_how, rest) => {
    const bytes = Buffer.from(`{"id":"long one","t":1,"ü":"${rest}"}`)
    const id = { start: 6, end: 16, text: '5' }
    const token = { start: 21, end: 22, text: '12345' }
    const textOf = (line: Buffer | string) => (typeof line === 'string' ? Buffer.from(line, 'latin1') : line).toString()
    for (const edits of [inOrder(id, token), inOrder(token, id)]) {
      expect(textOf(spliceLine(bytes, edits))).toBe(`{"id":5,"t":12345,"ü":"${rest}"}\n`)
    }
    expect(textOf(spliceLine(bytes, []))).toBe(`${bytes}\n`)
  })
})
