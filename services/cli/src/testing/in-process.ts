import { PassThrough } from 'node:stream'
import { run } from '../run.ts'

/** Runs a command line inside this process, which takes a hundredth of the time; the same code as main.ts calls. */
export async function inProcess(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const [stdout, stderr] = [collector(), collector()]
  const status = await run(args, { environment, stdout: stdout.stream, stderr: stderr.stream, clock: Date.now })
  const text = stdout.text()
  return { status, stdout: text, stderr: stderr.text(), json: () => JSON.parse(text) as Record<string, unknown> }
}

function collector(): { readonly stream: NodeJS.WriteStream; text(): string } {
  const chunks: string[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk) => chunks.push(String(chunk)))
  // No terminal: `isTTY` is absent.
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => chunks.join('') }
}
