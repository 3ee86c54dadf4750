import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TOKEN } from './load/request-load.ts'
import { probeRevocations } from './load/revocation-probe.ts'
import { createTokenLoad, readAnswer } from './load/token-load.ts'

const servers: Server[] = []
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-test-'))
})
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

function fileOf(...lines: readonly string[]): string {
  const file = join(folder, 'lines')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

const RIGHT = { access_token: 'a.b.c', token_type: 'Bearer', refresh_token: 'r' }
const answerOf = (status: number, body: unknown) => ({ status, head: 'HTTP/1.1', body: Buffer.from(JSON.stringify(body)) })

describe('the load on a token endpoint', () => {
  /** Rotates as a real one does: a token that was spent, or never made, is refused. */
  async function rotatingEndpoint() {
    const live = new Set(['one-0', 'two-0', 'three-0'])
    const forms: URLSearchParams[] = []
    const port = await listen(async (request, response) => {
      const form = new URLSearchParams(await text(request))
      forms.push(form)
      const presented = form.get('refresh_token') ?? ''
      const [chain, turn] = presented.split('-')
      const successor = `${chain}-${Number(turn) + 1}`
      const wasLive = live.delete(presented)
      live.add(successor)
      response.writeHead(wasLive ? 200 : 400).end(JSON.stringify({ ...RIGHT, refresh_token: successor }))
    })
    return { port, forms, live }
  }

  const options = {
    connections: 2,
    clientId: 'c',
    resource: 'http://localhost:8080/echo/mcp',
    redirectUri: 'http://127.0.0.1/cb',
  }

  it('refreshes every chain with its newest token only', async () => {
    const { port, forms, live } = await rotatingEndpoint()
    const load = createTokenLoad({ ...options, port, kind: 'refresh', file: fileOf('one-0', 'two-0', 'three-0') })
    expect((await load.run({ requests: 30 })).answered).toBe(30)
    load.close()
    expect(live.size).toBe(3)
    expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      client_id: 'c',
      resource: options.resource,
    })
  })

  it('sends every code once, with its own verifier, and stops when there are no more', async () => {
    const forms: string[] = []
    const port = await listen(async (request, response) => {
      const form = new URLSearchParams(await text(request))
      forms.push(`${form.get('grant_type')} ${form.get('code')} ${form.get('code_verifier')}`)
      response.writeHead(200).end(JSON.stringify(RIGHT))
    })
    const load = createTokenLoad({ ...options, port, kind: 'code', file: fileOf('cod_1 v1', 'cod_2 v2', 'cod_3 v3') })
    expect((await load.run({ requests: 3 })).answered).toBe(3)
    await expect(load.run({ requests: 1 })).rejects.toThrow('ran out')
    load.close()
    expect(forms.sort()).toEqual([1, 2, 3].map((number) => `authorization_code cod_${number} v${number}`))
  })

  it.each([
    ['a refusal', 400, RIGHT, /answered/],
    ['an opaque access token', 200, { ...RIGHT, access_token: 'opaque' }, /no JWT/],
    ['no refresh token', 200, { ...RIGHT, refresh_token: undefined }, /no refresh token/],
    ['an ID token, which costs another signature', 200, { ...RIGHT, id_token: 'a.b.c' }, /ID token/],
    ['another kind of token', 200, { ...RIGHT, token_type: 'DPoP' }, /token type/],
  ])('does not count %s', (_what, status, body, fault) => {
    expect(readAnswer(answerOf(status, body))).toMatch(fault)
    expect(readAnswer(answerOf(200, RIGHT))).toEqual(RIGHT)
  })
})

describe('the probe of revocations', () => {
  it('counts what is let through between the answer of /revoke and the first refusal', async () => {
    const revoked = new Map<string, number>()
    const revokePort = await listen(async (request, response) => {
      revoked.set(new URLSearchParams(await text(request)).get('token') ?? '', 0)
      response.writeHead(200).end()
    })
    const verifyPort = await listen((request, response) => {
      const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
      const asked = revoked.get(token)
      if (asked !== undefined) revoked.set(token, asked + 1)
      response.writeHead(asked === undefined || asked < (token === 'slow' ? 2 : 0) ? 200 : 401).end()
    })
    const request = `GET /verify HTTP/1.1\r\nHost: auth\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`
    const tokensFile = fileOf('quick somebody', 'slow somebody')
    const delays = await probeRevocations({ revokePort, verifyPort, clientId: 'c', request, tokensFile })
    expect(delays.map(({ letThrough }) => letThrough)).toEqual([0, 2])
    expect(delays.every(({ milliseconds }) => milliseconds > 0)).toBe(true)
  })
})
