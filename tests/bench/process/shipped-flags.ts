import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)

/** The options of Node with which `npm run SCRIPT` starts a service, for processes that the benchmark starts itself. */
export function shippedFlags(script: 'start' | 'auth' | 'bridge'): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { scripts: Record<string, string> }
  const [node, ...words] = (scripts[script] ?? '').split(' ')
  const file = words.pop()
  if (node !== 'node' || !file?.endsWith('.ts')) throw new Error(`npm run ${script} is not "node … FILE.ts"`)
  return words.map((word) => (word.startsWith('./') ? fileURLToPath(new URL(word, root)) : word))
}
