import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { ROOT } from './files.ts'

const run = promisify(execFile)

/** A command that takes longer hangs; the first build of the images downloads packages. */
const COMMAND_TIMEOUT_MS = 600_000
const OUTPUT_MAX_BYTES = 64 * 1024 ** 2
/** Some versions of Compose write it before every line, terminal or not. */
const CLEAR_LINE = '\u001b[2K'

export interface StackOptions {
  /** Compose files that go over compose.yaml. */
  readonly overlays?: readonly string[]
  /** What PUBLIC_URL has after host and port. */
  readonly path?: string
  /** What .env would have. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Stack {
  /** PUBLIC_URL. */
  readonly url: string
  readonly port: number
  /** Of the operator, as the `secrets` service showed it. */
  readonly password: string
  /** The resource of a server: `PUBLIC_URL/NAME/mcp`. */
  server(name: string): string
  /** @returns what `docker compose …` printed */
  compose(...command: readonly string[]): Promise<string>
  /** `docker inspect` of a service's container. */
  inspect(service: string): Promise<Container>
  logs(...services: readonly string[]): Promise<string>
  /** Ends the stack and forgets its volumes. */
  remove(): Promise<void>
}

interface Container {
  readonly Id: string
  readonly RestartCount: number
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } }
  readonly Config: { readonly User: string }
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly CapDrop: readonly string[] | null
    readonly CapAdd: readonly string[] | null
    readonly SecurityOpt: readonly string[] | null
    readonly Privileged: boolean
    readonly Memory: number
    readonly PidsLimit: number | null
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string }[]>> | null
  }
}

let started = 0

/**
 * Brings the compose stack up for real, beside whatever else runs on this machine: a name and a port of its own, and
 * nothing of this machine's .env.
 * @throws Error with the services' logs when it does not become healthy
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await prepareStack(options)
  try {
    await stack.compose('up', '--build', '--detach', '--wait')
  } catch (error) {
    const logs = await stack.logs()
    await stack.remove()
    throw new Error(`the stack did not come up: ${(error as Error).message}\n${logs.slice(-20_000)}`)
  }
  const shown = /shown only now: (\S+)/.exec(await stack.logs('secrets'))?.[1]
  return { ...stack, password: shown ?? '' }
}

/** As startStack, without starting anything. */
export async function prepareStack(options: StackOptions = {}): Promise<Omit<Stack, 'password'>> {
  const port = await freePort()
  const url = `http://localhost:${port}${options.path ?? ''}`
  const project = `gatehouse-test-${process.pid}-${++started}`
  const files = ['compose.yaml', ...(options.overlays ?? [])].flatMap((file) => ['--file', file])
  const environment = { PUBLIC_URL: url, HTTP_PORT: String(port), ...options.environment }
  const compose = async (...command: readonly string[]) => {
    const { stdout } = await run(
      'docker',
      ['compose', '--env-file', '/dev/null', '--project-name', project, ...files, ...command],
      {
        cwd: ROOT,
        env: { ...dockersOwn(), ...environment },
        timeout: COMMAND_TIMEOUT_MS,
        maxBuffer: OUTPUT_MAX_BYTES,
      },
    )
    return stdout
  }
  return {
    url,
    port,
    server: (name) => `${url}/${name}/mcp`,
    compose,
    logs: async (...services) => (await compose('logs', '--no-color', '--no-log-prefix', ...services)).replaceAll(CLEAR_LINE, ''),
    inspect: async (service) => {
      const id = (await compose('ps', '--all', '--quiet', service)).trim()
      const { stdout } = await run('docker', ['inspect', id])
      return (JSON.parse(stdout) as [Container])[0]
    },
    remove: async () => {
      await compose('down', '--volumes', '--remove-orphans', '--timeout', '2')
    },
  }
}

/** What docker needs of this process' environment; everything else could change the stack. */
const dockersOwn = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(PATH|HOME|DOCKER_.+|BUILDX_.+|BUILDKIT_.+|XDG_.+)$/.test(name)),
  )

/** A port that nobody uses, found before it is published. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
