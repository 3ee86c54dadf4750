import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseServers, readServersFile, serversFileSchema } from '../packages/servers/src/index.ts'
import { environmentSchema as authSchema, readConfig } from '../services/auth/src/config.ts'
import { environmentSchema as bridgeSchema } from '../services/bridge/src/config.ts'
import { banner } from '../services/gatehouse/src/banner.ts'
import { findCitations } from './conformance/citations.ts'
import { REQUIREMENTS } from './conformance/requirements.ts'
import {
  cell,
  codeIn,
  constantIn,
  type Document,
  quantityOf,
  ROOT,
  readDocument,
  readDocuments,
  sectionOf,
  tablesOf,
} from './support/documents.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { routesOf } from './support/routes.ts'

const documents = readDocuments()
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Commands of npm itself. */
const NPM_COMMANDS = new Set(['ci', 'cit', 'install'])
/** Where people put files that are theirs, not ours. */
const THEIRS = /^(data\/|PUBLIC_URL\/|compose\.override\.yaml$)/

describe('links and names in the documents', () => {
  it('lead to files and headings that exist', () => {
    const broken = documents.flatMap(({ path, links }) =>
      links
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [file = '', anchor] = link.split('#')
          const target = file === '' ? path : normalize(join(dirname(path), file))
          if (!existsSync(join(ROOT, target))) return true
          return anchor !== undefined && !readDocument(target).anchors.includes(anchor)
        })
        .map((link) => `${path}: ${link}`),
    )
    expect(broken).toEqual([])
  })

  it('name files and folders that exist', () => {
    const tops = new Set(globSync('*', { cwd: ROOT }))
    // A record about one service may name its files from there, a guide by their names alone.
    const paths = globSync(['*', '{.ci,docs,packages,services,tests,traefik}/**'], { cwd: ROOT })
    const exists = (code: string) => paths.some((path) => `/${path}`.endsWith(`/${code.replace(/\/$/, '')}`))
    const isOurs = (code: string): boolean =>
      /^[\w@-][\w.@-]*(\/[\w.@-]+)*\/?$/.test(code) &&
      !THEIRS.test(code) &&
      (tops.has(code.split('/')[0] ?? '') || /\.(ts|md|ya?ml|json|toml|example)$/.test(code))
    const missing = documents.flatMap(({ path, codes }) =>
      codes.filter((code) => isOurs(code) && !exists(code)).map((code) => `${path}: ${code}`),
    )
    expect(missing).toEqual([])
  })

  it('exist when the code names them', () => {
    const missing = globSync(
      ['services/*/src/**/*.ts', 'packages/*/src/**/*.ts', 'tests/**/*.ts', 'compose*.yaml', '.env.example', 'traefik/**/*.yaml'],
      { cwd: ROOT },
    )
      .filter((path) => path !== 'tests/docs.test.ts')
      .flatMap((path) => [...textOf(path).matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(([name]) => ({ path, name })))
      .filter(({ name }) => !existsSync(join(ROOT, name)))
      .map(({ path, name }) => `${path}: ${name}`)
    expect(missing).toEqual([])
  })

  it('name npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const missing = documents.flatMap(({ path, codes, blocks }) =>
      [...codes, ...blocks.map(({ body }) => body)]
        .flatMap((code) => [...code.matchAll(/\bnpm (?:run )?([a-z][a-z:]*)/g)])
        .filter(([, name = '']) => scripts[name] === undefined && !NPM_COMMANDS.has(name))
        .map(([code]) => `${path}: ${code}`),
    )
    expect(missing).toEqual([])
  })

  it('name just recipes that exist', () => {
    const recipes = [...textOf('justfile').matchAll(/^([a-z][a-z-]*)\b.*:$/gm)].map(([, name]) => name)
    const missing = documents.flatMap(({ path, codes, blocks }) =>
      [...codes, ...blocks.flatMap(({ body }) => body.split('\n'))]
        .flatMap((code) => [...code.matchAll(/^just ([a-z][a-z-]*)/g)])
        .filter(([, name]) => !recipes.includes(name))
        .map(([code]) => `${path}: ${code}`),
    )
    expect(missing).toEqual([])
  })

  it('name variables and constants that exist', () => {
    const sources = globSync(
      ['services/*/src/**/*.ts', 'packages/*/src/**/*.ts', 'compose*.yaml', '.env.example', 'traefik/**'],
      {
        cwd: ROOT,
        withFileTypes: true,
      },
    )
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n')
    const unknown = documents.flatMap(({ path, codes, blocks }) => {
      const settings = blocks
        .filter(({ language }) => ['dotenv', 'sh'].includes(language))
        .flatMap(({ body }) => body.split('\n').map((line) => line.trim()))
      return [...codes, ...settings]
        .flatMap((code) => /^(?:export )?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?==|$)/.exec(code)?.[1] ?? [])
        .filter((name) => !new RegExp(`\\b${name}\\b|\\b${name.replace(/_FILE$/, '')}\\b`).test(sources))
        .map((name) => `${path}: ${name}`)
    })
    expect(unknown).toEqual([])
  })
})

describe('docs/configuration.md', () => {
  const configuration = readDocument('docs/configuration.md')

  /** Variable → default, `-` for none. */
  const variablesOf = (heading: string): ReadonlyMap<string, string> =>
    new Map(
      tablesOf(sectionOf(configuration, heading), 'variable', 'default').flatMap((table) =>
        table.rows.map((row) => [codeIn(cell(table, row, 'variable')) ?? '', codeIn(cell(table, row, 'default')) ?? '-']),
      ),
    )
  const schemas: readonly [string, z.ZodObject][] = [
    ['auth', authSchema],
    ['bridge', bridgeSchema],
  ]

  it.each(schemas)('has the variables of %s, all of them and no other', (heading, schema) => {
    expect([...variablesOf(heading).keys()].sort()).toEqual(Object.keys(schema.shape).sort())
  })

  it.each(schemas)('has the defaults of %s', (heading, { shape }) => {
    const wrong = [...variablesOf(heading)].filter(([name, documented]) => {
      const read = (text: string | undefined) => JSON.stringify(shape[name]?.safeParse(text).data ?? [])
      return read(undefined) !== (documented === '-' ? '[]' : read(documented))
    })
    expect(wrong).toEqual([])
  })

  it('has what only the compose stack reads, all of it and no other', () => {
    const known = new Set(schemas.flatMap(([, { shape }]) => Object.keys(shape)))
    const read = [...textOf('compose.yaml').matchAll(/\$\{([A-Z_]+):-|^ +([A-Z][A-Z_]+):$/gm)]
      .map(([, filled, passed]) => filled ?? passed ?? '')
      .filter((name) => !known.has(name))
    const documented = [...variablesOf('The compose stack').keys()].filter((name) => !/^COMPOSE_/.test(name))
    expect(documented.sort()).toEqual([...new Set(read)].sort())
  })

  it('has the members of the servers file, all of them and no other', () => {
    const json = JSON.stringify(z.toJSONSchema(serversFileSchema, { io: 'input', unrepresentable: 'any' }))
    const branches = (JSON.parse(json) as ServersFileShape).properties.mcpServers.additionalProperties.anyOf
    const members = new Set(branches.flatMap((branch) => Object.keys(branch.properties)))
    const [table] = tablesOf(sectionOf(configuration, 'The servers file'), 'member')
    expect(new Set(table?.rows.map(([member = '']) => codeIn(member)))).toEqual(members)
  })

  it('shows a servers file that is one', () => {
    const examples = documents
      .flatMap(({ blocks }) => blocks)
      .filter(({ language, body }) => language === 'json' && body.includes('"mcpServers"') && !body.includes('"mcp-remote"'))
    expect(examples.length).toBeGreaterThan(0)
    for (const { body } of examples) {
      expect(parseServers(body, 'example', { DATA_DIR: '/data', DOCS_TOKEN: 'token' }).length).toBeGreaterThan(0)
    }
  })
})

interface ServersFileShape {
  readonly properties: {
    readonly mcpServers: { readonly additionalProperties: { readonly anyOf: readonly { readonly properties: object }[] } }
  }
}

describe('limits in the documents', () => {
  const rows = documents.flatMap((document: Document) =>
    tablesOf(document.prose, 'value', 'constant', 'file').flatMap((table) =>
      table.rows.map((row) => ({
        document: document.path,
        value: cell(table, row, 'value'),
        constant: codeIn(cell(table, row, 'constant')) ?? '',
        file: codeIn(cell(table, row, 'file')) ?? '',
      })),
    ),
  )

  it.each(rows)('$document: $constant of $file is $value', ({ value, constant, file }) => {
    const { value: documented, kind } = quantityOf(value)
    const factor = kind === 'time' && constant.endsWith('_SECONDS') ? 1000 : 1
    expect(documented).toBe(constantIn(textOf(file), constant) * factor)
    expect(kind).toBe(/_(MS|SECONDS)$/.test(constant) ? 'time' : /_BYTES$/.test(constant) ? 'size' : 'count')
  })
})

describe('docs/adr/README.md', () => {
  it('lists every record', () => {
    const records = globSync('docs/adr/[0-9]*.md', { cwd: ROOT }).map((path) => basename(path))
    expect(readDocument('docs/adr/README.md').links.filter((link) => /^\d/.test(link))).toEqual(records.sort())
  })
})

describe('the README', () => {
  const { blocks } = readDocument('README.md')
  const withoutPassword = (text: string) => text.trim().replace(/(?<=shown only now: )\S+/, 'PASSWORD')

  it('shows what `npm start` prints', () => {
    const servers = readServersFile(join(ROOT, 'mcp.json'), { DATA_DIR: '/data' })
    const printed = banner({ config: readConfig({}), servers, newPassword: 'made-here' }, false)
    expect(blocks.map(({ body }) => withoutPassword(body))).toContain(withoutPassword(printed))
  })

  it('shows what `docker compose up` prints, and the URLs of the sample servers', () => {
    const text = blocks.map(({ body }) => withoutPassword(body)).join('\n')
    const sentence = ' with this password, shown only now: '
    expect(textOf('services/auth/src/make-secrets.ts')).toContain(`Sign in at \${url}${sentence}\${made}`)
    expect(text).toContain(`secrets-1  | Sign in at http://localhost:8080${sentence}PASSWORD`)
    for (const { name } of readServersFile(join(ROOT, 'mcp.json'), { DATA_DIR: '/data' })) {
      expect(text).toContain(`http://localhost:8080/${name}/mcp `.trim())
    }
  })
})

describe('docs/clients.md', () => {
  it('has the compatibility rules that the tests cite, all of them and no other', () => {
    const rules = [...sectionOf(readDocument('docs/clients.md'), 'The rules').matchAll(/^(\d+)\. /gm)].map(
      ([, number]) => `rule ${number}`,
    )
    expect(rules).toEqual(REQUIREMENTS.map(({ id }) => id).filter((id) => id.startsWith('rule ')))
  })
})

describe('docs/threat-model.md', () => {
  it('cites cases that tests cite, and calls the others planned', () => {
    const cited = new Set(findCitations().keys())
    const [table] = tablesOf(sectionOf(readDocument('docs/threat-model.md'), 'Threats'), 'threat', 'test')
    const cases = table?.rows.flatMap((row) => cell(table, row, 'test').split(', ')) ?? []
    expect(cases.length).toBeGreaterThan(30)
    const isShown = (text: string) => cited.has(text) || (/\.test\.ts`$/.test(text) && existsSync(join(ROOT, codeIn(text) ?? '')))
    const isPlanned = (text: string) => text.endsWith(' planned') && !isShown(text.replace(' planned', ''))
    expect(cases.filter((text) => !isShown(text) && !isPlanned(text))).toEqual([])
  })
})

const sources = globSync(['services/*/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: ROOT })
  .filter((path) => !/\.test\.ts$|\/(fixtures|testing)\//.test(path))
  .map(textOf)
  .join('\n')

describe('docs/bridge.md', () => {
  it('names reasons that the code gives', () => {
    const reasons = tablesOf(readDocument('docs/bridge.md').prose, 'log reason').flatMap((table) =>
      table.rows.flatMap((row) => [...cell(table, row, 'log reason').matchAll(/`([a-z_]+)`/g)].map(([, reason]) => reason)),
    )
    expect(reasons.length).toBeGreaterThan(15)
    expect(reasons.filter((reason) => !sources.includes(`'${reason}'`))).toEqual([])
  })
})

describe('docs/operations.md', () => {
  const operations = readDocument('docs/operations.md')
  it('names outcomes and reasons that the code gives', () => {
    const words = [...tablesOf(operations.prose, 'event'), ...tablesOf(operations.prose, 'metric')].flatMap(({ rows }) =>
      rows.flatMap(([, ...cells]) => [...cells.join(' ').matchAll(/`([a-z_]+)`/g)].map(([, word]) => word)),
    )
    expect(words.length).toBeGreaterThan(60)
    expect(words.filter((word) => !new RegExp(`\\b${word}\\b`).test(sources))).toEqual([])
  })

  it.each([
    ['event', 'Logs', /\bevent: (?:[^\n,]*\? )?'([a-z_]+)'(?: : '([a-z_]+)')?/g],
    ['metric', 'Metrics', /'(gatehouse_[a-z_]+)'/g],
  ])('has every %s of the code, and no other', (column, heading, pattern) => {
    const [table] = tablesOf(sectionOf(operations, heading), column)
    const documented = table?.rows.flatMap((row) => cell(table, row, column).replaceAll('`', '').split(', ')) ?? []
    const inCode = [...sources.matchAll(pattern)].flatMap(([, ...names]) => names.filter((name) => name !== undefined))
    expect(documented.sort()).toEqual([...new Set(inCode)].sort())
  })
})

describe('with a running gateway', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.close())

  it.each([
    ['endpoint', () => gateway.gatehouse.auth.publicApp],
    ['internal endpoint', () => gateway.gatehouse.auth.internalApp],
  ])('docs/flow.md has every %s that is served, and no other', async (column, app) => {
    const documented = tablesOf(readDocument('docs/flow.md').prose, column).flatMap((table) =>
      table.rows.flatMap((row) =>
        [...cell(table, row, column).matchAll(/`([A-Z]+ [^`]+)`/g)].map(([, endpoint = '']) => endpoint),
      ),
    )
    const served = (await endpointsOf(app())).filter((endpoint) => !isOtherSpelling(endpoint))
    expect(documented.map((endpoint) => endpoint.replace('/NAME/mcp', '/*')).sort()).toEqual(served.sort())
  })

  it('the README registers, reads, changes and deletes a client by the commands it shows', async () => {
    const script = readDocument('README.md')
      .blocks.filter(({ language, body }) => language === 'sh' && body.includes('curl'))
      .map(({ body }) => body)
      .join('\n')
    const shell = spawn('sh', ['-eu'], { stdio: ['pipe', 'pipe', 'pipe'] })
    shell.stdin.end(script.replace('http://localhost:8080', gateway.url))
    const [output, errors, [status]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')])
    expect(errors).toBe('')
    expect(status).toBe(0)
    const replies = output.split(/(?<=\})\s*(?=\{)/).map((reply) => JSON.parse(reply) as Reply)
    const [registered, read, changed] = replies
    expect(replies).toHaveLength(3)
    expect(registered).toMatchObject({ client_id: expect.stringMatching(/^cli_/), client_secret: expect.any(String) })
    expect(read).toMatchObject({ client_id: registered?.client_id, redirect_uris: registered?.redirect_uris })
    expect(changed?.redirect_uris).toHaveLength(2)
    expect(await gateway.gatehouse.auth.stores.clients.find(registered?.client_id ?? '')).toBeUndefined()
  })
})

interface Reply {
  readonly client_id: string
  readonly redirect_uris: readonly string[]
}

/** As routesOf, without preflights. */
const endpointsOf = async (app: FastifyInstance): Promise<string[]> =>
  (await routesOf(app)).filter((route) => !route.startsWith('OPTIONS '))

/** Where clients look for a metadata document besides its own place; docs/flow.md says that in a sentence. */
const isOtherSpelling = (endpoint: string): boolean =>
  /\/mcp\/?(\/\.well-known\/.*)?$/.test(endpoint) || (endpoint.endsWith('/*') && !endpoint.includes('oauth-protected-resource'))
