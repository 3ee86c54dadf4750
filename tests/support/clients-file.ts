import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Writes an operator's clients file. @returns what CLIENTS_CONFIG must say */
export function writeClientsFile(content: Readonly<Record<string, unknown>>): string {
  const path = join(mkdtempSync(join(tmpdir(), 'gatehouse-clients-')), 'clients.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}

/** As long as the file wants it. */
export const clientSecretOf = (clientId: string): string => `secret-of-${clientId}-${'x'.repeat(32)}`
