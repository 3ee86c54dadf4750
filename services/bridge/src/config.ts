import { resolve } from 'node:path'
import { ConfigError, type Environment, readEnvironment } from '@gatehouse/runtime'
import { z } from 'zod'

/** Any loopback address; `localhost` because people write it. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const count = (low: number, high: number) => z.coerce.number().int().min(low).max(high)

/** Web clients that people use. Desktop clients and agents send no Origin. */
const WEB_CLIENT_ORIGINS = ['https://claude.ai', 'https://chatgpt.com', 'https://vscode.dev']

/** PUBLIC_URL without a trailing slash: audiences are compared byte for byte. */
const publicUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => !/[?#]/.test(text) && !URL.parse(text)?.username, 'must not have a query, a fragment or user info')
  .transform((text) => text.replace(/\/+$/, ''))

/** What a program needs to run at all. Nothing else of the bridge's own environment reaches a child: it holds secrets. */
const BASICS = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM']

/** What every edition of the bridge reads. */
const bridgeVariables = {
  PUBLIC_URL: publicUrl.default('http://localhost:8080'),
  MCP_CONFIG: z.string().default('./mcp.json'),
  DATA_DIR: z
    .string()
    .default('./data')
    .transform((path) => resolve(path)),
  SESSION_IDLE_SECONDS: count(1, 604_800).default(1800),
  CALL_TIMEOUT_SECONDS: count(1, 86_400).default(300),
  ALLOWED_ORIGINS: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
    .pipe(z.array(z.union([z.literal('*'), z.url({ protocol: /^https?$/ }).transform((text) => new URL(text).origin)])))
    .optional(),
  MAX_BODY_BYTES: count(1024, 1024 ** 3).default(10 * 1024 ** 2),
} as const

/** Every variable of the bridge as a process of its own; `.env.example` is checked against it. */
export const environmentSchema = z.object({
  ...bridgeVariables,
  HOST: z.string().default('127.0.0.1'),
  PORT: count(0, 65_535).default(8081),
  INTERNAL_PORT: count(0, 65_535).default(9091),
  AUTH: z.enum(['assertion', 'none']).default('assertion'),
  JWKS_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:9090/jwks.json'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

/** What createBridge needs to know. */
export interface BridgeConfig {
  readonly publicUrl: string
  /** `none` serves whoever reaches the listener: only for loopback, which the caller of createBridge answers for. */
  readonly auth: 'assertion' | 'none'
  readonly sessionIdleSeconds: number
  readonly callTimeoutSeconds: number
  /** Origins, or `*`; PUBLIC_URL's own is always allowed. Absent: loopback and the web clients that people use. */
  readonly allowedOrigins?: readonly string[] | undefined
  readonly maxBodyBytes: number
  /** All that children get besides what the servers file names: PATH, HOME and the like. */
  readonly childEnvironment: Readonly<Record<string, string>>
}

export interface BridgeEnvironment {
  readonly bridge: BridgeConfig
  readonly host: string
  readonly port: number
  readonly internalPort: number
  readonly serversFile: string
  readonly dataDir: string
  readonly jwksUrl: string
  readonly logLevel: string
}

/**
 * Reads what createBridge needs, for an edition that brings its own listeners and keys: always AUTH=assertion.
 * @throws ConfigError with every fault at once
 */
export const readBridgeConfig = (environment: Environment): BridgeConfig =>
  bridgeConfig(readEnvironment(z.object(bridgeVariables), environment), environment, 'assertion')

/**
 * Reads all that the bridge as a process of its own needs.
 * @throws ConfigError with every fault at once
 */
export function readBridgeEnvironment(environment: Environment): BridgeEnvironment {
  const values = readEnvironment(environmentSchema, environment)
  if (values.AUTH === 'none' && !isLoopback(values.HOST)) {
    throw new ConfigError('AUTH=none serves everybody who reaches the listener, so HOST must be a loopback address (127.0.0.1)')
  }
  return {
    bridge: bridgeConfig(values, environment, values.AUTH),
    host: values.HOST,
    port: values.PORT,
    internalPort: values.INTERNAL_PORT,
    serversFile: values.MCP_CONFIG,
    dataDir: values.DATA_DIR,
    jwksUrl: values.JWKS_URL,
    logLevel: values.LOG_LEVEL,
  }
}

const bridgeConfig = (
  values: z.infer<z.ZodObject<typeof bridgeVariables>>,
  environment: Environment,
  auth: BridgeConfig['auth'],
): BridgeConfig => ({
  publicUrl: values.PUBLIC_URL,
  auth,
  sessionIdleSeconds: values.SESSION_IDLE_SECONDS,
  callTimeoutSeconds: values.CALL_TIMEOUT_SECONDS,
  allowedOrigins: values.ALLOWED_ORIGINS,
  maxBodyBytes: values.MAX_BODY_BYTES,
  childEnvironment: basicEnvironment(environment),
})

/** @returns whether a browser page of this origin may use the bridge */
export function originRule(config: BridgeConfig): (origin: string) => boolean {
  const own = new URL(config.publicUrl).origin
  const { allowedOrigins } = config
  if (allowedOrigins?.includes('*')) return () => true
  if (allowedOrigins !== undefined) {
    const allowed = new Set([own, ...allowedOrigins])
    return (origin) => allowed.has(origin)
  }
  const allowed = new Set([own, ...WEB_CLIENT_ORIGINS])
  return (origin) => allowed.has(origin) || isLoopbackOrigin(origin)
}

/** Whether a Host header names this machine, or the host of PUBLIC_URL; for AUTH=none, against DNS rebinding. */
export function hostRule(config: BridgeConfig): (host: string | undefined) => boolean {
  const own = new URL(config.publicUrl).host
  return (host) => host !== undefined && (host === own || isLoopback(hostnameOf(host)))
}

function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/([^/]+)$/.exec(origin)
  return match?.[1] !== undefined && isLoopback(hostnameOf(match[1]))
}

/** The name in a Host header: port off, IPv6 brackets off. Text only, so that nothing is normalised into a loopback name. */
const hostnameOf = (host: string): string =>
  host
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()

/** The basics of an environment: all of it that children may get. */
function basicEnvironment(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const basics: Record<string, string> = {}
  for (const name of BASICS) {
    const value = own[name]
    if (value !== undefined) basics[name] = value
  }
  return basics
}
