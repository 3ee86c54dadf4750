import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ROOT } from './files.ts'
import { type Connection, type Host, spoil, textOf } from './sdk-clients.ts'

const PROXY = join(ROOT, 'node_modules/mcp-remote/dist/proxy.js')
const BROWSER = join(ROOT, 'tests/support/fake-browser.ts')

/** mcp-remote as a desktop host starts it, with a folder and a browser of its own. */
export function openMcpRemote(url: string, password: string): Host & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-mcp-remote-'))
  const visits = join(folder, 'visits.log')
  const fault = join(folder, 'browser.log')
  mkdirSync(join(folder, 'bin'))
  const opener = join(folder, 'bin/xdg-open')
  writeFileSync(opener, `#!/bin/sh\necho visit >> '${visits}'\nexec '${process.execPath}' '${BROWSER}' "$1"\n`)
  chmodSync(opener, 0o755)

  const connect = async (): Promise<Connection> => {
    const client = new Client({ name: 'desktop', version: '1.0.0' })
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [PROXY, url, '--transport', 'http-only'],
      env: {
        PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
        HOME: folder,
        MCP_REMOTE_CONFIG_DIR: join(folder, 'config'),
        BROWSER: opener,
        GATEHOUSE_PASSWORD: password,
        GATEHOUSE_BROWSER_LOG: fault,
      },
      stderr: 'pipe',
    })
    const said: string[] = []
    transport.stderr?.on('data', (chunk: Buffer) => void said.push(chunk.toString()))
    try {
      await client.connect(transport, { timeout: 60_000 })
    } catch (error) {
      const browser = existsSync(fault) ? readFileSync(fault, 'utf8') : 'no fault'
      throw new Error(`mcp-remote: ${(error as Error).message}\nbrowser: ${browser}\n${said.join('').slice(-4000)}`)
    }
    return {
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
      close: () => client.close(),
    }
  }

  const tokenFiles = () => globSync(join(folder, 'config/**/*_tokens.json'))
  const readTokens = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as { access_token: string }
  return {
    connect,
    browserVisits: () => (existsSync(visits) ? readFileSync(visits, 'utf8').trim().split('\n').length : 0),
    accessToken: () => tokenFiles().map((file) => readTokens(file).access_token)[0],
    spoilAccessToken: () => {
      for (const file of tokenFiles()) {
        const tokens = readTokens(file)
        writeFileSync(file, JSON.stringify({ ...tokens, access_token: spoil(tokens.access_token) }))
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
