import { spawnSync } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createStandardOutput } from './standard-output.ts'

describe('the standard output', () => {
  it('gets the lines of one turn in one write, in their order', async () => {
    const writes: string[] = []
    const output = createStandardOutput((text) => void writes.push(text))
    output.write('one\n')
    output.write('two\n')
    expect(writes).toEqual([])
    await turn()
    output.write('three\n')
    await turn()
    expect(writes).toEqual(['one\ntwo\n', 'three\n'])
  })

  it('gets what is held back when it is flushed, once', async () => {
    const writes: string[] = []
    const output = createStandardOutput((text) => void writes.push(text))
    output.write('last words\n')
    output.flushSync()
    output.flushSync()
    await turn()
    expect(writes).toEqual(['last words\n'])
  })

  it('gets the last lines of a process that ends', () => {
    const script = `import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
      createLog('auth', 'info').info('last words')
      process.exit(3)`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(status).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ service: 'auth', msg: 'last words' })
  })
})
