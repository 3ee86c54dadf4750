import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { misspeltMember } from './misspelt-member.ts'
import { parseRule, type Rule } from './rule.ts'

/** A server's name is a path segment and a metric label. `well-known`, endpoint names and dots are out of reach. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/** First path segments that belong to the authorization server. */
const RESERVED_NAMES = new Set([
  'register',
  'authorize',
  'sign-in',
  'sign-out',
  'callback',
  'consent',
  'token',
  'revoke',
  'introspect',
  'par',
  'device_authorization',
  'device',
  'account',
  'console',
  'verify',
  'metrics',
  'healthz',
  'readyz',
  'assets',
  'jwks',
])

/** RFC 6749 §3.3 scope-token. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/

const ruleText = z.string().transform((text, context): Rule => {
  try {
    return parseRule(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})

const shared = {
  allow: z.array(ruleText).optional().describe('Who may use this server; absent = everyone who may sign in.'),
  scopes: z
    .record(z.string().regex(SCOPE_TOKEN, 'is not a scope name (RFC 6749 §3.3)'), z.array(z.string().min(1)))
    .optional()
    .describe('Scope → tool names or globs that it opens.'),
  host: z.string().optional().describe('Host name of its own for this server.'),
  timeoutSeconds: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('A call without answer or progress fails after this; absent = CALL_TIMEOUT_SECONDS.'),
  perUser: z.boolean().optional().describe('A child and credentials per person.'),
  limits: z
    .strictObject({
      sessionsPerPerson: z.int().positive().optional().describe('Sessions of one person; absent = 20.'),
      sessions: z.int().positive().optional().describe('Sessions of everybody; absent = 500.'),
    })
    .optional()
    .describe('How many sessions, with a child each, this server may have.'),
  disabled: z.boolean().optional().describe('true leaves the server out.'),
}

const stdioServer = z.object({
  ...shared,
  type: z.literal('stdio').optional(),
  command: z.string().min(1).describe('The program, on the PATH or by its path. No shell is involved.'),
  args: z.array(z.string()).default([]),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe('Variables of the server, besides PATH, HOME, LANG, TZ and the like. It gets no others.'),
  cwd: z.string().optional().describe('Its working folder.'),
})

const httpServer = z.object({
  ...shared,
  type: z.enum(['http', 'streamable-http', 'streamableHttp']).optional(),
  url: z.string().min(1).describe('http or https; where its MCP endpoint is.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Sent with every request to this server.'),
})

/** The Claude-style servers file: what every MCP README prints, plus our optional members. */
export const serversFileSchema = z.object({
  $schema: z.string().optional(),
  mcpServers: z.record(
    z
      .string()
      .regex(NAME, 'must be letters, digits, - or _ (64 at most)')
      .refine((name) => !RESERVED_NAMES.has(name.toLowerCase()), 'is a name of the gateway itself; choose another'),
    z.union([stdioServer, httpServer]),
  ),
})

export type StdioServer = z.infer<typeof stdioServer> & { readonly name: string }
export type HttpServer = z.infer<typeof httpServer> & { readonly name: string }
export type Server = StdioServer | HttpServer

export const isStdioServer = (server: Server): server is StdioServer => 'command' in server

/** The servers file could not be used. The message lists every fault, a line each, and never a value of `env` or `headers`. */
export class ServersFileError extends Error {
  override readonly name = 'ServersFileError'
}

/**
 * Reads and checks the servers file, and fills `${VAR}`, `${VAR:-default}` and `${env:VAR}` in command, args, env, cwd, url and headers
 * from `environment`, as VS Code and Claude Code do; without an environment (a process that starts no server) they stay.
 * @returns the enabled servers, in the order of the file
 * @throws ServersFileError
 */
export function readServersFile(path: string, environment: Readonly<Record<string, string | undefined>> | undefined): Server[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ServersFileError(`cannot read the servers file ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  return parseServers(text, path, environment)
}

/** As readServersFile, from text. */
export function parseServers(
  text: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>> | undefined,
): Server[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new ServersFileError(`${path} is not JSON`)
  }
  const parsed = serversFileSchema.safeParse(json)
  if (!parsed.success) {
    throw new ServersFileError(
      describeIssues(parsed.error.issues, json)
        .map((line) => `${path}: ${line}`)
        .join('\n'),
    )
  }
  const faults: string[] = []
  for (const [name, entry] of Object.entries((json as z.input<typeof serversFileSchema>).mcpServers)) {
    if ('command' in entry && 'url' in entry) faults.push(`${path}: mcpServers.${name} has both "command" and "url"; keep one`)
    for (const member of Object.keys(entry)) {
      const meant = misspeltMember(member)
      if (meant) faults.push(`${path}: mcpServers.${name} has a member "${member}"; did you mean "${meant}"?`)
    }
  }
  const servers = Object.entries(parsed.data.mcpServers)
    .filter(([, server]) => server.disabled !== true)
    .map(([name, server]): Server => {
      const missing = (variable: string) => faults.push(`${path}: mcpServers.${name} uses \${${variable}}, which is not set`)
      const fill = (value: string) => (environment === undefined ? value : expand(value, environment, missing))
      const fillAll = (record: Record<string, string>) =>
        Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fill(value)]))
      return 'command' in server
        ? {
            ...server,
            name,
            command: fill(server.command),
            args: server.args.map(fill),
            env: fillAll(server.env),
            ...(server.cwd === undefined ? {} : { cwd: fill(server.cwd) }),
          }
        : { ...server, name, url: fill(server.url), headers: fillAll(server.headers) }
    })
  // Only now, because a variable may stand in it.
  for (const server of servers) {
    if (environment !== undefined && 'url' in server && !isHttpUrl(server.url)) {
      faults.push(`${path}: mcpServers.${server.name}.url is not an http or https URL`)
    }
  }
  const folded = new Map<string, string>()
  for (const { name } of servers) {
    const twin = folded.get(name.toLowerCase())
    if (twin !== undefined) faults.push(`${path}: mcpServers.${name} and mcpServers.${twin} differ only by case`)
    folded.set(name.toLowerCase(), name)
  }
  if (faults.length > 0) throw new ServersFileError([...new Set(faults)].join('\n'))
  return servers
}

const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '')

/** A sentence per fault. Of an entry that is neither kind of server, only the faults of the kind that it tries to be. */
function describeIssues(issues: readonly z.core.$ZodIssue[], json: unknown, above: readonly PropertyKey[] = []): string[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path]
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `${path.join('.')} ${message}`)
    if (issue.code !== 'invalid_union') return [`${path.join('.')} ${issue.message}`]
    const entry = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], json)
    const isObject = typeof entry === 'object' && entry !== null
    const meant = isObject && 'command' in entry ? 0 : isObject && 'url' in entry ? 1 : undefined
    if (meant === undefined) return [`${path.join('.')} needs "command" or "url"`]
    return describeIssues(issue.errors[meant] ?? [], json, path)
  })
}

function expand(
  value: string,
  environment: Readonly<Record<string, string | undefined>>,
  missing: (variable: string) => void,
): string {
  return value.replace(
    /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_whole, variable: string, fallback: string | undefined) => {
      const found = environment[variable]
      if (found !== undefined && found !== '') return found
      if (fallback !== undefined) return fallback
      missing(variable)
      return ''
    },
  )
}
