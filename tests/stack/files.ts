import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'

export const ROOT = resolve(import.meta.dirname, '../..')

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** A YAML file with its anchors and merges filled in. Go templates in Traefik's files stand in comments and quoted strings. */
export const readYaml = <T>(path: string): T => parse(readText(path), { merge: true, logLevel: 'error' }) as T

export interface ComposeService {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly user?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly privileged?: boolean
  readonly mem_limit?: string
  readonly pids_limit?: number
  readonly network_mode?: string
  readonly networks?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly (string | { readonly source: string; readonly target: string })[]
  readonly environment?: Readonly<Record<string, string | number | null>>
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly command?: string | readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly init?: boolean
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
  readonly volumes: Readonly<Record<string, unknown>>
}
