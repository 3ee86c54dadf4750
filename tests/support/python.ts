import { execFileSync } from 'node:child_process'
import { describe } from 'vitest'

const CHECK = 'import venv, sys; sys.exit(0 if sys.version_info >= (3, 10) else "older than 3.10")'

/** Why Python cannot be used here; undefined when it can. */
function findPythonFault(): string | undefined {
  try {
    execFileSync('python3', ['-c', CHECK], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
    return undefined
  } catch (error) {
    return (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n').at(-1) || 'the python3 command is missing'
  }
}

/** `describe` for tests that need Python with venv: skipped with the reason without it; run, and fail, with CI=true. */
export function describeWithPython(name: string, body: () => void): void {
  const fault = findPythonFault()
  if (fault === undefined || process.env.CI === 'true') describe(name, body)
  else describe.skip(`${name} (skipped: ${fault})`, body)
}
