import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLog } from '@gatehouse/runtime'
import { mintAssertion } from '../../../services/auth/src/keys/assertion.ts'
import { createSigningKeys } from '../../../services/auth/src/keys/create-signing-keys.ts'
import { openStores } from '../../../services/auth/src/store/open-stores.ts'
import type { Bench } from '../bench.ts'
import { ISSUER } from './environment.ts'

/** What the gateway is to a bridge: the address of its keys, and an assertion that is always fresh. */
export interface Assertions {
  readonly jwksUrl: string
  /** Holds the current assertion; written anew long before it ends. */
  readonly file: string
  close(): Promise<void>
}

/** Much less than the 60 s that one lives. */
const RENEW_MS = 15_000

export async function startAssertions(bench: Bench, server: string): Promise<Assertions> {
  const log = createLog('bench', 'fatal')
  const stores = await openStores('memory:', { clock: Date.now, log })
  const keys = createSigningKeys({ store: stores.keys, secrets: ['kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'], clock: Date.now, log })
  await keys.refresh()
  const file = join(bench.folder, 'assertion')
  const renew = () => {
    const assertion = mintAssertion(keys.current(), ISSUER, {
      identity: {
        subject: 'bench:000000',
        provider: 'oidc',
        login: 'person-0',
        email: 'person-0@example.com',
        groups: [],
        organizations: [],
        teams: [],
      },
      server: `${ISSUER}/${server}/mcp`,
      clientId: 'bench',
      scope: 'mcp',
      grantId: 'grt_bench',
      now: Math.floor(Date.now() / 1000),
    })
    writeFileSync(file, assertion)
  }
  renew()
  const timer = setInterval(renew, RENEW_MS)
  const listener = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(keys.jwks()))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', () => resolve()))
  return {
    jwksUrl: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks.json`,
    file,
    close: async () => {
      clearInterval(timer)
      listener.close()
      listener.closeAllConnections()
      await stores.close()
    },
  }
}
