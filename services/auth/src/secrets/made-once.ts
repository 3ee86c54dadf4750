import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomSecret } from '../oauth/secret.ts'

/**
 * A value that is made on first start and found again ever after: a file only its owner reads. Two processes that start
 * at once agree on one value, because the file appears whole or not at all.
 * @returns the file's content and whether this call made it
 */
export function madeOnce(folder: string, name: string, make: () => string): { readonly value: string; readonly isNew: boolean } {
  const path = join(folder, name)
  const found = read(path)
  if (found !== undefined) return { value: found, isNew: false }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const value = make()
  const draft = `${path}.${randomSecret(6)}`
  writeFileSync(draft, `${value}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(draft, 0o600)
  try {
    linkSync(draft, path)
    return { value, isNew: true }
  } catch (error) {
    const winner = read(path)
    if (winner === undefined) throw error
    return { value: winner, isNew: false }
  } finally {
    rmSync(draft, { force: true })
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
