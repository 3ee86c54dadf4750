import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { send } from '../support/http.ts'
import { readText } from './files.ts'
import { freePort, type Stack, startStack } from './stack.ts'

const HOST = 'gate.example.test'

/**
 * compose.https.yaml as a server with a domain runs it, without the certificate: no authority issues one for a test, so
 * Traefik answers with its own. Everything else is as in production.
 */
describeWithDocker('the compose stack with HTTPS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-https-'))
  let stack: Stack
  let httpPort: number
  let httpsPort: number
  beforeAll(async () => {
    httpPort = await freePort()
    httpsPort = await freePort()
    const traefik = join(folder, 'traefik.yaml')
    // Port 1: no test asks Let's Encrypt for anything.
    writeFileSync(
      traefik,
      readText('traefik/traefik.yaml').replace('    acme:\n', '    acme:\n      caServer: https://127.0.0.1:1/\n'),
    )
    const overlay = join(folder, 'compose.yaml')
    writeFileSync(
      overlay,
      JSON.stringify({ services: { traefik: { volumes: [`${traefik}:/etc/traefik/traefik.yaml:ro`] } } }).replace(
        '"traefik":{',
        `"traefik":{"ports": !override ["127.0.0.1:${httpPort}:8080", "127.0.0.1:${httpsPort}:8443"],`,
      ),
    )
    stack = await startStack({
      overlays: ['compose.https.yaml', overlay],
      environment: {
        PUBLIC_URL: `https://${HOST}`,
        GATEHOUSE_SECRET: 'mB7vQ2xK9pL4wT8zR5nY3cJ6hF1dS0gA',
        OPERATOR_PASSWORD: 'correct-horse-battery-staple-9',
      },
    })
  })
  afterAll(async () => {
    await stack?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const http = (path: string, method = 'GET') =>
    send(`http://127.0.0.1:${httpPort}${path}`, {
      method,
      headers: { host: HOST },
      ...(method === 'POST' ? { body: 'a=b' } : {}),
    })
  const https = (path: string, host = HOST) =>
    new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: httpsPort, path, servername: host, headers: { host }, rejectUnauthorized: false }
      request(options, async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') })
      })
        .on('error', reject)
        .end()
    })

  it('names itself by PUBLIC_URL, never by ports or headers', async () => {
    const { status, headers } = await https('/everything/mcp')
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toContain(`https://${HOST}/.well-known/oauth-protected-resource/everything/mcp`)
    const metadata = JSON.parse((await https('/.well-known/oauth-authorization-server')).text) as Record<string, string>
    expect(metadata.issuer).toBe(`https://${HOST}`)
    expect(metadata.token_endpoint).toBe(`https://${HOST}/token`)
  })

  it('tells browsers to come back by HTTPS alone (WEB-04)', async () => {
    for (const path of ['/', '/everything/mcp', '/sign-in']) {
      expect((await https(path)).headers['strict-transport-security']).toBe('max-age=31536000')
    }
  })

  it('leads a person who typed http to https, and nobody else', async () => {
    for (const path of ['/', '/account']) {
      expect(await http(path)).toMatchObject({ status: 301, headers: { location: `https://${HOST}${path}` } })
    }
    for (const path of ['/token', '/register', '/authorize', '/everything/mcp', '/.well-known/oauth-authorization-server']) {
      expect((await http(path)).status, path).toBe(404)
      expect((await http(path, 'POST')).status, path).toBe(404)
    }
    expect((await http('/', 'POST')).status).toBe(404)
  })

  it('serves no other name, not even localhost', async () => {
    for (const host of ['localhost', 'evil.example.test']) expect((await https('/everything/mcp', host)).status).toBe(404)
  })

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    const handshake = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({
          host: '127.0.0.1',
          port: httpsPort,
          servername: HOST,
          rejectUnauthorized: false,
          minVersion: 'TLSv1',
          maxVersion,
          ciphers: 'DEFAULT@SECLEVEL=0',
        })
        socket.on('secureConnect', () => {
          resolve(socket.getProtocol() ?? '')
          socket.destroy()
        })
        socket.on('error', reject)
      })
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3')
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
    await expect(handshake('TLSv1.1')).rejects.toThrow()
  })
})
