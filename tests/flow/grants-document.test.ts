import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { readDocument } from '../support/documents.ts'
import { echoServer, PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient, readJwt } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

interface ClientsFile {
  readonly clients: readonly { readonly client_id: string; readonly client_secret_file?: string }[]
}

const { blocks } = readDocument('docs/grants.md')
const secrets = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'))
const files = blocks
  .filter(({ language }) => language === 'json')
  .map(({ body }) => JSON.parse(body.replaceAll('/run/secrets', secrets)) as ClientsFile)
for (const { client_id, client_secret_file: path } of files.flatMap(({ clients }) => clients)) {
  if (path !== undefined) writeFileSync(path, clientSecretOf(client_id))
}

const fileOf = (clientId: string) => files.find(({ clients }) => clients.some(({ client_id }) => client_id === clientId))
const open = (file: ClientsFile | undefined) =>
  startGateway(
    { CLIENTS_CONFIG: writeClientsFile({ ...file }) },
    { servers: { memory: echoServer({ scopes: { read: ['*'] } }), other: echoServer() } },
  )

type Answer = Readonly<Record<string, string>>

/** Runs a command of the document as a person who copies it would. */
async function run(containing: string, url: string, environment: Answer): Promise<Answer> {
  const command = blocks.find(({ language, body }) => language === 'sh' && body.includes(containing))?.body ?? 'false'
  const shell = spawn('sh', ['-eu'], { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] })
  shell.stdin.end(command.replaceAll('https://mcp.example.com', url).replace('curl ', 'curl -sS '))
  const [output, errors] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')])
  expect(errors).toBe('')
  return JSON.parse(output) as Answer
}

describe('docs/grants.md', () => {
  it('shows clients files that a gateway starts with', async () => {
    expect(files.length).toBeGreaterThanOrEqual(4)
    for (const file of files) await (await open(file)).close()
  })

  it('gets a program in by the command it shows', async () => {
    const gateway = await open(fileOf('deploy'))
    const answer = await run('client_credentials', gateway.url, { SECRET: clientSecretOf('ci') })
    expect(answer).toMatchObject({ token_type: 'Bearer', scope: 'read' })
    expect(readJwt(answer.access_token ?? '').payload).toMatchObject({ sub: 'client:ci', aud: gateway.server('memory') })
    await gateway.close()
  })

  it('lets an agent act for a person by the command it shows', async () => {
    const gateway = await open(fileOf('planner'))
    const client = new OAuthClient(gateway.server('memory'))
    await client.signIn(createPerson({ password: PASSWORD }))
    const environment = { SECRET: clientSecretOf('planner'), TOKEN: client.tokens?.access_token ?? '' }
    const answer = await run('token-exchange', gateway.url, environment)
    expect(answer).toMatchObject({ token_type: 'Bearer', scope: 'read' })
    expect(readJwt(answer.access_token ?? '').payload.act).toEqual({ sub: 'client:planner', client_id: 'planner' })
    await gateway.close()
  }, 20_000)
})
