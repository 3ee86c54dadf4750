import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getJson } from './get-json.ts'

const server = createServer((req, res) => {
  if (req.url === '/slow') return
  if (req.url === '/moved') res.writeHead(302, { location: '/keys' }).end()
  else if (req.url === '/long') res.end(`"${'x'.repeat(100_000)}"`)
  else if (req.url === '/page') res.end('<html>')
  else res.end('{"keys":[]}')
})
let origin: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('getJson', () => {
  it('fetches a document', async () => {
    expect(await getJson(`${origin}/keys`, 1000)).toEqual({ keys: [] })
  })

  it.each([
    ['/moved', 'status 302'],
    ['/page', 'JSON'],
    ['/long', 'too long'],
    ['/slow', 'aborted'],
  ])('gives up on %s: %s', async (path, message) => {
    await expect(getJson(origin + path, 100)).rejects.toThrow(message)
  })

  it('gives up when nobody listens', async () => {
    await expect(getJson('http://127.0.0.1:1/keys', 1000)).rejects.toThrow('ECONNREFUSED')
  })
})
