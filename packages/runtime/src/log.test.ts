import { describe, expect, it } from 'vitest'
import { createLog } from './log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = []
  write(createLog('auth', 'info', { write: (line: string) => void lines.push(line) }))
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '')
}

describe('the log', () => {
  it.each([
    ['a fact', { refresh_token: 'ref_1' }, { refresh_token: '[secret]' }],
    ['a fact among others', { event: 'x', code: 'cod_1' }, { event: 'x', code: '[secret]' }],
    [
      'a member of a fact',
      { body: { client_secret: 's', client_id: 'c' } },
      { body: { client_secret: '[secret]', client_id: 'c' } },
    ],
    [
      'a header of a request',
      { req: { headers: { authorization: 'Bearer x', host: 'h' } } },
      { req: { headers: { authorization: '[secret]', host: 'h' } } },
    ],
    [
      'what a grant, a client or a key is proved by',
      { body: { device_code: 'dev_1', user_code: 'BCDF', assertion: 'a.b.c', client_assertion: 'a.b.c', subject_token: 't' } },
      { body: { device_code: '[secret]', user_code: '[secret]', assertion: '[secret]', client_assertion: '[secret]' } },
    ],
    [
      'a request that was pushed, or a proof',
      { request_uri: 'urn:x', dpop: 'a.b.c' },
      { request_uri: '[secret]', dpop: '[secret]' },
    ],
    ['something that is no text', { cookie: ['a=1'] }, { cookie: '[secret]' }],
  ])('hides a secret that is %s', (_where, facts, shown) => {
    expect(logged((log) => log.info(facts, 'text'))).toMatchObject(shown)
  })

  it('hides a secret that a child logger was given', () => {
    expect(logged((log) => log.child({ access_token: 'a', part: 'b' }).info('text'))).toMatchObject({
      access_token: '[secret]',
      part: 'b',
    })
  })

  it('leaves the facts as they were for whoever logged them', () => {
    const facts = { req: { headers: { authorization: 'Bearer x' } } }
    logged((log) => log.info(facts, 'text'))
    expect(facts.req.headers.authorization).toBe('Bearer x')
  })

  it('shows an error with its causes, without what a library hung on it', () => {
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { request: { access_token: 'a' } })
    const { err } = logged((log) => log.error({ err: error }, 'text')) as { err: Record<string, unknown> }
    expect(err).toMatchObject({ message: 'outer', cause: { message: 'inner' } })
    expect(err.request).toBeUndefined()
  })
})
