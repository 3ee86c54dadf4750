import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createLog } from '@gatehouse/runtime'
import { expect, it } from 'vitest'
import { openStores } from './open-stores.ts'
import { sampleCode, sampleGrant } from './testing/samples.ts'

const PROCESSES = 4
const GRANTS = 100

/** Inside one process SQLite's calls never interleave, so the lock between processes needs processes. */
it('redeems each code and rotates each token once, with four processes on one file', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'))
  const url = `sqlite:${join(folder, 'gatehouse.db')}`
  const stores = await openStores(url, { clock: Date.now, log: createLog('test', 'silent') })
  const grants = Array.from({ length: GRANTS }, () => sampleGrant(Date.now))
  for (const grant of grants) await stores.grants.issueCode(grant, sampleCode(Date.now, { codeHash: 'code' }))

  const script = join(import.meta.dirname, 'testing', 'redeem-in-process.ts')
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, [script, url, ...grants.map(({ id }) => id)], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  for (const child of children) child.stdin.write('go\n')
  const outputs = await Promise.all(children.map((child) => text(child.stdout)))
  const wins = outputs.map((output) => JSON.parse(output) as { redeemed: number; rotated: number })

  expect(wins.reduce((sum, { redeemed }) => sum + redeemed, 0)).toBe(GRANTS)
  expect(wins.reduce((sum, { rotated }) => sum + rotated, 0)).toBe(GRANTS)
  await stores.close()
  rmSync(folder, { recursive: true })
})
