import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

/**
 * Where spawn would find a command, or undefined. A hint for the operator at start, never a decision: the file may come
 * or go later.
 */
export function findCommand(command: string, path: string | undefined, cwd: string): string | undefined {
  const places = command.includes('/')
    ? [resolve(cwd, command)]
    : (path ?? '').split(delimiter).map((folder) => resolve(folder, command))
  return places.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
