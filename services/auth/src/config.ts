import { type Environment, readEnvironment } from '@gatehouse/runtime'
import { parseRules, type Rule } from '@gatehouse/servers'
import { z } from 'zod'
import { isLoopbackHost } from './oauth/redirect-uri.ts'
import { isHostPattern } from './oauth/trusted-hosts.ts'

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const seconds = (fallback: number, min: number, max: number) => z.coerce.number().int().min(min).max(max).default(fallback)
const onOff = z.enum(['on', 'off']).default('on')
const list = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))

const rules = z
  .string()
  .default('')
  .transform((text, context): Rule[] => {
    try {
      return parseRules(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: `has a fault: ${(error as Error).message}` })
      return z.NEVER
    }
  })

/** Shorter ones, and the ones people copy from examples, are refused: they encrypt the signing keys. */
const SECRET_MIN_LENGTH = 32
const PLACEHOLDER = /change.?me|example|placeholder|secret.?here|^(.)\1+$|0123456789|password/i
const secret = z
  .string()
  .min(SECRET_MIN_LENGTH, `is shorter than ${SECRET_MIN_LENGTH} characters; make one with: openssl rand -base64 32`)
  .refine((value) => !PLACEHOLDER.test(value), 'looks like a placeholder; make one with: openssl rand -base64 32')

const publicUrl = z
  .string()
  .default('http://localhost:8080')
  .superRefine((value, context) => {
    const fault = publicUrlFault(value)
    if (fault) context.addIssue({ code: 'custom', message: fault })
  })

function publicUrlFault(value: string): string | undefined {
  if (!URL.canParse(value)) return 'is not a URL'
  const url = new URL(value)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    return 'must start with https:// (http:// is for localhost alone)'
  }
  if (url.search !== '' || url.hash !== '' || value.includes('?') || value.includes('#'))
    return 'must not have a query or a fragment'
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password'
  if (value.endsWith('/')) return 'must not end with a slash'
  if (url.href.replace(/\/$/, '') !== value) return `must be spelled as ${url.href.replace(/\/$/, '')}`
  return undefined
}

/** The variables of the authorization server. `.env.example` and docs/configuration.md are checked against this. */
export const environmentSchema = z.object({
  PUBLIC_URL: publicUrl.describe('The issuer and base of every public URL; path allowed, no trailing slash.'),
  HOST: z.string().default('127.0.0.1').describe('Address of the public listener.'),
  PORT: port(8080).describe('Port of the public listener.'),
  INTERNAL_HOST: z.string().default('127.0.0.1').describe('Address of the internal listener.'),
  INTERNAL_PORT: port(9090).describe('Port of the internal listener: /verify, /metrics, /healthz, /readyz.'),
  STORE_URL: z.string().default('sqlite:./data/gatehouse.db').describe('redis://…, rediss://…, sqlite:PATH or memory:'),
  DATA_DIR: z.string().default('./data').describe('Where what is made once is kept.'),
  GATEHOUSE_SECRET: secret.optional().describe('Encrypts signing keys and stored secrets at rest.'),
  GATEHOUSE_SECRETS: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(secret).min(1))
    .optional()
    .describe('As GATEHOUSE_SECRET, a comma separated list for rotation: the first encrypts, all decrypt.'),
  OPERATOR_PASSWORD: z
    .string()
    .min(12, 'is shorter than 12 characters')
    .optional()
    .describe('Sign-in without an identity provider. Made once on the loopback default.'),
  GITHUB_CLIENT_ID: z.string().optional().describe('Sign in with GitHub.'),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GITHUB_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://github.com')
    .describe('GitHub Enterprise Server.'),
  GOOGLE_CLIENT_ID: z.string().optional().describe('Sign in with Google.'),
  GOOGLE_CLIENT_SECRET: z.string().optional(),
  MICROSOFT_CLIENT_ID: z.string().optional().describe('Sign in with Microsoft.'),
  MICROSOFT_CLIENT_SECRET: z.string().optional(),
  MICROSOFT_TENANT: z.string().default('common'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Sign in with any OpenID Connect provider.'),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().max(40).default('OpenID Connect').describe('What the button says.'),
  OIDC_SCOPES: z.string().default('openid profile email'),
  ALLOWED_USERS: rules.describe(
    'Who may sign in: github:login, github-org:org, email:*@example.com, group:name, *; empty = nobody.',
  ),
  OPERATORS: rules.describe('Who may use the console.'),
  ACCESS_TOKEN_TTL: seconds(3600, 60, 86_400),
  REFRESH_TOKEN_TTL: seconds(7_776_000, 3600, 31_536_000).describe('Seconds since the last refresh.'),
  REFRESH_GRACE: seconds(120, 0, 3600).describe('Seconds in which an old refresh token yields the same successor again.'),
  TRUSTED_PROXIES: list('loopback').describe(
    'CIDRs, or loopback, or local-networks: who may call /verify and set X-Forwarded-*.',
  ),
  MCP_CONFIG: z.string().default('./mcp.json').describe('Path of the servers file.'),
  REGISTRATION: z
    .enum(['open', 'token', 'off'])
    .default('open')
    .describe('Who may register clients by RFC 7591: anybody, bearers of an initial access token, nobody.'),
  REGISTRATION_LIMIT: z.coerce.number().int().min(10).default(10_000).describe('Unused registered clients kept at most.'),
  CIMD_TRUSTED_HOSTS: list('*')
    .refine((hosts) => hosts.every(isHostPattern), 'must list host names, *.example.com, * or none')
    .describe('Hosts whose client id metadata documents are accepted: names or globs; none = it is off and not advertised.'),
  CIMD_ALLOWED_PRIVATE_HOSTS: list('').describe(
    'Hosts whose client metadata documents may be fetched from private or loopback addresses, and by http.',
  ),
  CLIENTS_CONFIG: z
    .string()
    .default('./clients.json')
    .describe('Path of the file of clients and issuers that you name yourself.'),
  DEVICE_GRANT: onOff.describe('Sign-in of programs without a browser (RFC 8628).'),
  DPOP_NONCES: onOff.describe('Whether DPoP proofs must carry a nonce of ours (RFC 9449 §8).'),
  PERSONAL_TOKEN_MAX_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(365)
    .describe('Longest life of a personal access token; 0 = people make none.'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})

export type Config = Readonly<z.infer<typeof environmentSchema>> & {
  /** PUBLIC_URL parsed; its pathname has no trailing slash and is '' for the root. */
  readonly publicOrigin: string
  readonly publicPath: string
  /** Everything is on this machine alone: secrets may be made, plain http is fine. */
  readonly isLoopback: boolean
}

/** @throws ConfigError with every fault at once, never a value */
export function readConfig(environment: Environment): Config {
  const values = readEnvironment(environmentSchema.superRefine(checkPairs), environment)
  const url = new URL(values.PUBLIC_URL)
  return Object.freeze({
    ...values,
    publicOrigin: url.origin,
    publicPath: url.pathname === '/' ? '' : url.pathname,
    isLoopback: isLoopbackHost(url.hostname),
  })
}

type Values = z.infer<typeof environmentSchema>

function checkPairs(values: Values, context: z.RefinementCtx): void {
  const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  for (const provider of ['GITHUB', 'GOOGLE', 'MICROSOFT'] as const) {
    if (values[`${provider}_CLIENT_ID`] && !values[`${provider}_CLIENT_SECRET`])
      fault(`${provider}_CLIENT_SECRET`, `is missing beside ${provider}_CLIENT_ID`)
    if (values[`${provider}_CLIENT_SECRET`] && !values[`${provider}_CLIENT_ID`])
      fault(`${provider}_CLIENT_ID`, `is missing beside ${provider}_CLIENT_SECRET`)
  }
  if (values.OIDC_ISSUER && !values.OIDC_CLIENT_ID) fault('OIDC_CLIENT_ID', 'is missing beside OIDC_ISSUER')
  if (values.OIDC_CLIENT_ID && !values.OIDC_ISSUER) fault('OIDC_ISSUER', 'is missing beside OIDC_CLIENT_ID')
  if (values.OIDC_ISSUER?.startsWith('http:') && !isLoopbackHost(new URL(values.OIDC_ISSUER).hostname))
    fault('OIDC_ISSUER', 'must start with https:// (http:// is for localhost alone)')
  if (values.GATEHOUSE_SECRET && values.GATEHOUSE_SECRETS)
    fault('GATEHOUSE_SECRET', 'and GATEHOUSE_SECRETS are both set; keep one')
  const url = URL.canParse(values.PUBLIC_URL) ? new URL(values.PUBLIC_URL) : undefined
  if (url && !isLoopbackHost(url.hostname) && !values.GATEHOUSE_SECRET && !values.GATEHOUSE_SECRETS) {
    fault('GATEHOUSE_SECRET', 'is required when PUBLIC_URL is not on localhost; make one with: openssl rand -base64 32')
  }
  const hasProvider = values.GITHUB_CLIENT_ID || values.GOOGLE_CLIENT_ID || values.MICROSOFT_CLIENT_ID || values.OIDC_ISSUER
  if (url && !isLoopbackHost(url.hostname) && !hasProvider && !values.OPERATOR_PASSWORD) {
    fault(
      'OPERATOR_PASSWORD',
      'or an identity provider (GITHUB_CLIENT_ID …) is required when PUBLIC_URL is not on localhost, or nobody can sign in',
    )
  }
}
