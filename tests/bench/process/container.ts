import { spawnSync } from 'node:child_process'
import type { Bench } from '../bench.ts'

export interface ContainerOptions {
  readonly image: string
  /** Unique on this machine. */
  readonly name: string
  /** Options of `docker run` before the image. */
  readonly options?: readonly string[]
  /** What comes after the image. */
  readonly command?: readonly string[]
  readonly core?: number | undefined
  readonly logFile: string
  /** Resolves when it serves; its process has an id only then. */
  readonly untilServes: () => Promise<unknown>
}

/**
 * Starts a container on the host network. It ends with the benchmark, however that one ends.
 * @returns the process id of what runs in it, as this machine sees it
 */
export async function startContainer(bench: Bench, container: ContainerOptions): Promise<number> {
  const { image, name, options = [], command = [], core, logFile } = container
  const pinned = core === undefined ? [] : ['--cpuset-cpus', String(core)]
  await bench.program({
    command: ['docker', 'run', '--rm', '--name', name, '--network', 'host', ...pinned, ...options, image, ...command],
    cleanUp: ['docker', 'rm', '--force', name],
    logFile,
  })
  await container.untilServes()
  const pid = Number(spawnSync('docker', ['inspect', '--format', '{{.State.Pid}}', name], { encoding: 'utf8' }).stdout)
  bench.adopt(pid)
  return pid
}

/** Why no container can be started here; undefined when one can. @param what - what would run in it */
export function whyNoDocker(what: string): string | undefined {
  if (process.platform !== 'linux') return `${what} runs in a container on the host network, which only Linux has`
  const asked = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' })
  if (asked.error !== undefined) return `there is no docker here, which ${what} is started with`
  return asked.status === 0 ? undefined : `docker does not answer: ${asked.stderr.trim().split('\n')[0]}`
}
