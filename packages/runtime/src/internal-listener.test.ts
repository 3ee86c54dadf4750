import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createInternalListener } from './internal-listener.ts'
import { createLog } from './log.ts'

it('answers as ever what still reaches it while it closes: a proxy would hand a 503 on to the client (FLT-13)', async () => {
  const app = createInternalListener(createLog('test', 'silent'), new Registry(), async () => {})
  let goOn = () => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  app.addHook('preClose', () => held)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const closed = app.close()
  const response = await fetch(`http://127.0.0.1:${port}/healthz`)
  goOn()
  await closed
  expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
})
