import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/**
 * The arrows of the source tree, executed. A folder imports itself and what stands behind it here, nothing else; files
 * directly under `src/` (main, app, index) put everything together and are free.
 */
const ARROWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'services/auth': {
    // The page at PUBLIC_URL, for people who open it.
    home: ['pages', 'http', 'context', 'config'],
    // The five steps of the flow, in the order in which a client meets them. They never import each other.
    discover: ['oauth', 'dpop', 'keys', 'http', 'metrics', 'context', 'config'],
    register: ['oauth', 'clients', 'store', 'secrets', 'http', 'metrics', 'context', 'config'],
    authorize: ['oauth', 'dpop', 'clients', 'store', 'identity', 'secrets', 'pages', 'http', 'metrics', 'context', 'config'],
    // The device grant's own way to a person's yes; what may be asked for is judged by the rules of authorize.
    device: ['authorize', 'oauth', 'store', 'pages', 'http', 'metrics', 'context', 'config'],
    token: ['oauth', 'dpop', 'clients', 'fetch', 'store', 'identity', 'keys', 'secrets', 'http', 'metrics', 'context', 'config'],
    verify: ['oauth', 'dpop', 'store', 'keys', 'mcp', 'http', 'metrics', 'context', 'config'],
    // Where a person sees and ends what the steps began.
    account: ['oauth', 'clients', 'store', 'pages', 'http', 'metrics', 'context', 'config'],
    mcp: [],
    // Proofs of a client's key, which may come to any of the steps.
    dpop: ['oauth', 'keys', 'store', 'secrets', 'context', 'config'],
    clients: ['oauth', 'store', 'fetch'],
    // What strangers name is fetched here, and nowhere else.
    fetch: ['oauth'],
    identity: ['oauth', 'config'],
    keys: ['oauth', 'store', 'secrets'],
    http: ['oauth', 'store', 'config'],
    metrics: ['http'],
    pages: ['oauth', 'http'],
    secrets: ['oauth', 'identity', 'config'],
    store: ['oauth'],
    oauth: [],
    // Describes what the others do; nobody imports it.
    openapi: ['register', 'clients'],
    context: ['oauth', 'clients', 'fetch', 'keys', 'store', 'config'],
    config: ['oauth'],
  },
  'services/cli': {
    commands: ['command', 'grants-of', 'table', 'time', 'with-gateway'],
  },
  'services/bridge': {
    http: ['assertion', 'child', 'revisions', 'upstream', 'wire', 'metrics', 'config'],
    revisions: ['child', 'wire', 'metrics'],
    upstream: ['wire', 'metrics'],
    assertion: [],
    wire: [],
    child: [],
    config: [],
  },
}

/** Modules that only some files may use: an adapter's library stays inside its adapter. */
const CONFINED: readonly (readonly [module: RegExp, where: RegExp, why: string])[] = [
  [/^ioredis$/, /^services\/auth\/src\/store\/.*redis.*\.ts$/, 'Redis is one backend of the store'],
  [/^@octokit\//, /^services\/auth\/src\/identity\/github[^/]*\.ts$/, 'GitHub is one identity provider'],
  [/^openid-client$/, /^services\/auth\/src\/identity\/[^/]*\.ts$/, 'OpenID Connect is one kind of identity provider'],
  [/^uqr$/, /^services\/auth\/src\/pages\/qr[^/]*\.ts$/, 'QR codes are drawn in one place'],
  [/^node:sqlite$/, /^services\/auth\/src\/store\/.*sqlite.*\.ts$/, 'SQLite is one backend of the store'],
  [/^node:(https|dns)\b/, /^services\/(auth\/src\/fetch|bridge\/src)\//, 'what strangers name is fetched in one place'],
  [/^node:child_process$/, /^services\/bridge\/src\/(child|fixtures)\//, 'only the bridge starts processes'],
]

/** Where a service's environment enters; everything else gets a Config. */
const MAY_READ_ENVIRONMENT = /^(services\/[a-z]+\/src\/(main|make-secrets)\.ts|services\/bridge\/src\/fixtures\/.*)$/

const SOURCE_LINES_LIMIT = 300
const TEST_LINES_LIMIT = 500

interface Source {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

interface Import {
  /** A bare module name, or a path from the project's root. */
  readonly target: string
  readonly isTypeOnly: boolean
}

const root = resolve(import.meta.dirname, '..')
const sources = globSync(['services/*/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: root }).map(readSource)
const production = sources.filter(({ path }) => !/\.(test|contract)\.ts$|\/(fixtures|testing)\//.test(path))

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const imports = [
    ...code.matchAll(/(?:^|[\s;])(?:(?:import|export)\s+(type\s)?(?:[^'"();]*?\sfrom\s*)?|import\s*\()\s*'([^'\n]+)'/g),
  ]
  return {
    path,
    text,
    imports: imports.map(([, type, specifier = '']) => ({
      target: specifier.startsWith('.') ? relative(root, resolve(root, dirname(path), specifier)) : specifier,
      isTypeOnly: type !== undefined,
    })),
  }
}

/** `services/auth` and `token` of `services/auth/src/token/endpoint.ts`; a file directly under src is its own folder. */
function place(path: string): { readonly service: string; readonly folder: string } {
  const [, service = '', rest = ''] = /^((?:services|packages)\/[^/]+)\/src\/(.+)$/.exec(path) ?? []
  return { service, folder: rest.includes('/') ? (rest.split('/')[0] ?? '') : rest.replace(/(\.test)?\.ts$/, '') }
}

/** Files that put the rest together. */
const isFree = (path: string): boolean => {
  const { service, folder } = place(path)
  return ARROWS[service]?.[folder] === undefined && /\/src\/[^/]+\.ts$/.test(path)
}

describe('the source tree', () => {
  it('has every folder in the table of arrows', () => {
    const unknown = production.filter(({ path }) => {
      const { service, folder } = place(path)
      return ARROWS[service] !== undefined && ARROWS[service][folder] === undefined && !isFree(path)
    })
    expect(unknown.map(({ path }) => path)).toEqual([])
  })

  it('has imports that follow the arrows only', () => {
    const offenders = production.flatMap(({ path, imports }) => {
      const from = place(path)
      const allowed = ARROWS[from.service]?.[from.folder]
      if (allowed === undefined) return []
      return imports
        .filter(({ target }) => target.startsWith(`${from.service}/`))
        .filter(({ target }) => place(target).folder !== from.folder && !allowed.includes(place(target).folder))
        .map(({ target }) => `${path} → ${target}`)
    })
    expect(offenders).toEqual([])
  })

  it('has services that meet in packages, except in the one-process edition and on the operator’s command line', () => {
    const offenders = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => {
          const own = place(path).service
          const isService = /^@gatehouse\/(auth|bridge|signer|gatehouse)\b/.test(target) || /^services\//.test(target)
          const isOwn = target.startsWith(`${own}/`) || target.startsWith(own.replace('services/', '@gatehouse/'))
          const isOperators = own === 'services/cli' && (target === '@gatehouse/auth/operator' || path.endsWith('.test.ts'))
          const isWhole = own === 'services/gatehouse' || isOperators
          return isService && !isOwn && !isWhole
        })
        .map(({ target }) => `${path} → ${target}`),
    )
    expect(offenders).toEqual([])
  })

  it('keeps every library inside its adapter', () => {
    const offenders = production.flatMap(({ path, imports }) =>
      imports.flatMap(({ target }) =>
        CONFINED.filter(([module, where]) => module.test(target) && !where.test(path)).map(
          ([, , why]) => `${path} → ${target}: ${why}`,
        ),
      ),
    )
    expect(offenders).toEqual([])
  })

  it('reads the environment in main.ts alone', () => {
    const offenders = production.filter(({ path, text }) => /\bprocess\.env\b/.test(text) && !MAY_READ_ENVIRONMENT.test(path))
    expect(offenders.map(({ path }) => path)).toEqual([])
  })

  it('has no circle of imports, types aside', () => {
    expect(findCircle(new Map(production.map((source) => [source.path, source])))).toBeUndefined()
  })

  it(`has no file above ${SOURCE_LINES_LIMIT} lines, no test above ${TEST_LINES_LIMIT}`, () => {
    const tests = globSync('tests/**/*.ts', { cwd: root }).map(readSource)
    const tooLong = [...sources, ...tests].filter(({ path, text }) => {
      const isTest = path.startsWith('tests/') || /\.(test|contract)\.ts$/.test(path)
      return text.split('\n').length - 1 > (isTest ? TEST_LINES_LIMIT : SOURCE_LINES_LIMIT)
    })
    expect(tooLong.map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`)).toEqual([])
  })
})

function findCircle(files: ReadonlyMap<string, Source>): string | undefined {
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ')
    if (done.has(path)) return undefined
    for (const { target, isTypeOnly } of files.get(path)?.imports ?? []) {
      const circle = isTypeOnly ? undefined : visit(target, [...trail, path])
      if (circle) return circle
    }
    done.add(path)
    return undefined
  }
  for (const path of files.keys()) {
    const circle = visit(path, [])
    if (circle) return circle
  }
  return undefined
}
