import { execFileSync } from 'node:child_process'
import { describe } from 'vitest'

/** Why Docker cannot be used here; undefined when it can. Asked once per test file. */
const dockerFault: string | undefined = findDockerFault()

function findDockerFault(): string | undefined {
  try {
    execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
    return undefined
  } catch (error) {
    const detail = (error as { stderr?: Buffer }).stderr?.toString().trim().split('\n')[0]
    return detail || 'the docker command is missing'
  }
}

/**
 * `describe` for tests that need Docker. Without it they are reported as skipped, with the reason in their name; with
 * CI=true they run and fail, so that a CI without Docker is not green.
 */
export function describeWithDocker(name: string, body: () => void): void {
  if (dockerFault === undefined || process.env.CI === 'true') describe(name, body)
  else describe.skip(`${name} (skipped: ${dockerFault})`, body)
}
