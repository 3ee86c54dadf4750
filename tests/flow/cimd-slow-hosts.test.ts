import { afterAll, expect, it } from 'vitest'
import { startDocumentServer } from '../../services/auth/src/testing/document-server.ts'
import { startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OAuthClient } from '../support/oauth-client.ts'

const tarPit = await startDocumentServer()
const gateway = await startGateway({ CIMD_ALLOWED_PRIVATE_HOSTS: 'localhost' })
afterAll(async () => {
  await gateway.close()
  await tarPit.close()
})

it('hosts that answer a byte a second hold nobody else up, and are given up after three seconds (CIM-08)', async () => {
  tarPit.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 1_000)
    response.on('close', () => clearInterval(drip))
  })
  const client = new OAuthClient(gateway.server())
  await client.discover()
  await client.register()
  const ask = (clientId?: string) =>
    send(client.prepareAuthorization(clientId === undefined ? {} : { client_id: clientId }).url, { timeoutMs: 10_000 })

  const began = performance.now()
  const order: string[] = []
  const slow = Array.from({ length: 60 }, (_, index) =>
    ask(`${tarPit.url}/${index}.json`).then(({ status }) => {
      if (performance.now() - began > 2_500) order.push('slow')
      return status
    }),
  )
  for (let count = 0; count < 20; count++) expect((await ask()).status).toBe(200)
  order.push('others')
  expect(new Set(await Promise.all(slow))).toEqual(new Set([400]))
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(tarPit.requests.length).toBe(4)
  expect(order).toEqual(['others', ...Array(4).fill('slow')])
}, 15_000)
