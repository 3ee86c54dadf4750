import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const SCRIPT = join(import.meta.dirname, 'boot-in-process.ts')

export interface Booted {
  readonly signs: string
  readonly published: readonly string[]
}

/** Starts processes on one store, lets all of them read the keys at the same moment, and tells what each found. */
export async function bootReplicas(count: number, storeUrl: string, secret: string): Promise<Booted[]> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [SCRIPT, storeUrl, secret], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  const outputs = children.map(() => '')
  for (const [index, child] of children.entries()) child.stdout.on('data', (chunk) => (outputs[index] += String(chunk)))
  await Promise.all(children.map((child) => once(child.stdout, 'data')))
  for (const child of children) child.stdin.write('go\n')
  await Promise.all(children.map((child) => once(child, 'close')))
  return outputs.map((output) => JSON.parse(output.replace('ready\n', '')) as Booted)
}
