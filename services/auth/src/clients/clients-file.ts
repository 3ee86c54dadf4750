import { readFileSync } from 'node:fs'
import { ConfigError } from '@gatehouse/runtime'
import type { z } from 'zod'
import { JWT_BEARER_GRANT_TYPE } from '../oauth/grant-types.ts'
import { type ClientEntry, clientsFileSchema, type IssuerEntry } from './clients-file-schema.ts'
import type { ConfiguredClient } from './configured-client.ts'
import { toConfiguredClient } from './to-configured-client.ts'
import type { TrustedIssuer } from './trusted-issuers.ts'

export interface ClientsFile {
  readonly clients: readonly ConfiguredClient[]
  readonly issuers: readonly TrustedIssuer[]
}

export interface ReadOptions {
  /** false: `client_secret_file` is not opened, because it is somebody else who can; the clients are only good to be looked at. */
  readonly opensSecrets?: boolean
}

/**
 * Reads the clients file. No file, no clients: it is there for who needs it.
 * @throws ConfigError with every fault at once, never a value
 */
export function readClientsFile(path: string, options: ReadOptions = {}): ClientsFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { clients: [], issuers: [] }
    throw new ConfigError(`cannot read the clients file ${path}: ${code}`)
  }
  return parseClientsFile(text, path, options)
}

/** As readClientsFile, from text. */
export function parseClientsFile(text: string, path: string, { opensSecrets = true }: ReadOptions = {}): ClientsFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new ConfigError(`${path} is not JSON`)
  }
  const parsed = clientsFileSchema.safeParse(json)
  if (!parsed.success) throw faultsOf(path, parsed.error.issues.map(describeIssue))
  const { clients, issuers } = parsed.data
  const faults: string[] = []
  const file: ClientsFile = {
    clients: clients.map((entry, index) =>
      toConfiguredClient(entry, opensSecrets, (fault) => faults.push(`clients.${index} ${fault}`)),
    ),
    issuers: issuers.map(toTrustedIssuer),
  }
  faults.push(...doubles(clients, issuers), ...strayWorkloads(clients, issuers))
  if (faults.length > 0) throw faultsOf(path, faults)
  return file
}

const toTrustedIssuer = ({ issuer, jwks_uri, id_jag = false, workloads = [] }: IssuerEntry): TrustedIssuer => ({
  issuer,
  jwksUri: jwks_uri ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  idJag: id_jag,
  workloads: workloads.map(({ subject, audience, client_id: clientId }) => ({
    subject,
    ...(audience === undefined ? {} : { audience }),
    clientId,
  })),
})

/** Two entries for one id: nobody could say which counts. */
function doubles(clients: readonly ClientEntry[], issuers: readonly IssuerEntry[]): string[] {
  const again = (ids: readonly string[]) => ids.flatMap((id, index) => (ids.indexOf(id) === index ? [] : [index]))
  return [
    ...again(clients.map(({ client_id }) => client_id)).map((index) => `clients.${index}.client_id is there twice`),
    ...again(issuers.map(({ issuer }) => issuer)).map((index) => `issuers.${index}.issuer is there twice`),
  ]
}

/** Workloads of clients that are not there, or may not sign in that way. */
function strayWorkloads(clients: readonly ClientEntry[], issuers: readonly IssuerEntry[]): string[] {
  return issuers.flatMap(({ workloads = [] }, issuer) =>
    workloads.flatMap(({ client_id: id }, workload) => {
      const where = `issuers.${issuer}.workloads.${workload}.client_id`
      const client = clients.find(({ client_id }) => client_id === id)
      if (!client) return [`${where} is no client of this file`]
      return client.grant_types?.includes(JWT_BEARER_GRANT_TYPE)
        ? []
        : [`${where} is a client without the grant type ${JWT_BEARER_GRANT_TYPE}`]
    }),
  )
}

const faultsOf = (path: string, faults: readonly string[]): ConfigError =>
  new ConfigError([...new Set(faults)].map((fault) => `${path}: ${fault}`).join('\n'))

/** zod's sentences name what was expected, never what was there; unknown members by their names. */
const describeIssue = (issue: z.core.$ZodIssue): string => `${issue.path.join('.')} ${issue.message}`.trim()
