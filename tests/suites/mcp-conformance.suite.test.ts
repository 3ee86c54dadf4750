import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../stack/stack.ts'
import { ROOT } from '../support/documents.ts'
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { json, send } from '../support/http.ts'
import { createPerson } from '../support/person.ts'

/** The suite that MCP's own project keeps for authorization servers, run as a stranger would. */
const SUITE = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const SUITE_MS = 60_000

const gateway = await startGateway()
const withPath = await startGateway({}, { path: '/tools' })
const byPost = await startWithMethods(['client_secret_post'])
const byBasic = await startWithMethods(['client_secret_basic'])
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-conformance-'))
afterAll(async () => {
  await Promise.all([gateway, withPath, byPost, byBasic].map((each) => each.close()))
  rmSync(folder, { recursive: true, force: true })
})

interface Check {
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

/** Revision → the checks that it has. 2025-03-26 knows no `resource`. */
const REVISIONS: readonly (readonly [revision: string, checks: number])[] = [
  ['2025-03-26', 2],
  ['2025-06-18', 2],
  ['2025-11-25', 3],
  ['2026-07-28', 3],
]

describe.concurrent.each([
  ['a public client', 'none', gateway],
  ['a public client, with a path in PUBLIC_URL', 'none', withPath],
  ['a client with a secret in the form', 'client_secret_post', byPost],
  ['a client with a secret by HTTP Basic', 'client_secret_basic', byBasic],
] as const)('the MCP conformance suite for authorization servers, with %s,', (_what, method, at) => {
  it.each(REVISIONS)('of %s passes all %i checks', { timeout: SUITE_MS }, async (revision, count) => {
    const checks = await runSuite(at, method, revision)
    expect(checks.filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO')).toEqual([])
    expect(checks.filter(({ status }) => status === 'SUCCESS')).toHaveLength(count)
  })
})

type Target = Pick<Gateway, 'url' | 'server' | 'close'>

async function runSuite(at: Target, method: string, revision: string): Promise<Check[]> {
  const port = await freePort()
  const redirectUri = `http://127.0.0.1:${port}/callback`
  const registered = await send(`${at.url}/register`, {
    method: 'POST',
    ...json({ redirect_uris: [redirectUri], token_endpoint_auth_method: method }),
  })
  const { client_id: clientId, client_secret: secret } = registered.json() as Record<string, string>
  const output = mkdtempSync(join(folder, 'run-'))
  const suite = spawn(
    process.execPath,
    [
      ...[SUITE, 'authorization', '--url', at.url, '--client-id', String(clientId), '--port', String(port)],
      ...(secret === undefined ? [] : ['--client-secret', secret]),
      ...(revision === '2025-03-26' ? [] : ['--resource', at.server()]),
      ...['--spec-version', revision, '--output-dir', output],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let printed = ''
  let asked = false
  const onOutput = (chunk: Buffer) => {
    printed += chunk.toString('utf8')
    const url = new RegExp(`${at.url}/authorize\\?\\S+`).exec(printed)?.[0]
    if (url === undefined || asked) return
    asked = true
    // The person clicks the link that the suite prints; the suite listens at the redirect URI.
    createPerson({ password: PASSWORD, deliver: true })
      .authorize(url, redirectUri)
      .catch(() => suite.kill())
  }
  suite.stdout.on('data', onOutput)
  suite.stderr.on('data', onOutput)
  const [code] = await once(suite, 'exit')
  const files = readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('checks.json'))
  if (files.length === 0) throw new Error(`the suite ended with ${code}: ${printed}`)
  return files.flatMap((file) => JSON.parse(readFileSync(join(output, file), 'utf8')) as Check[])
}

/**
 * The suite authenticates no client, whatever secret it is given, where the metadata has `none`. Here it does not have that:
 * a proxy takes it out.
 */
async function startWithMethods(methods: readonly string[]): Promise<Target> {
  const proxy = createServer(async (request, response) => {
    const { method = 'GET', headers } = request
    const body = await buffer(request)
    const answer = await send(`http://127.0.0.1:${behind.port}${request.url}`, {
      method,
      headers: headers as Record<string, string>,
      ...(body.length === 0 ? {} : { body }),
    })
    const isMetadata = request.url?.startsWith('/.well-known/oauth-authorization-server')
    const text = isMetadata ? JSON.stringify({ ...answer.json(), token_endpoint_auth_methods_supported: methods }) : answer.text
    const { 'content-length': _, ...kept } = answer.headers
    response.writeHead(answer.status, kept).end(text)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const url = `http://localhost:${(proxy.address() as AddressInfo).port}`
  const behind = await startGateway({ PUBLIC_URL: url })
  return {
    url,
    server: () => `${url}/echo/mcp`,
    close: async () => {
      proxy.close()
      await behind.close()
    },
  }
}
