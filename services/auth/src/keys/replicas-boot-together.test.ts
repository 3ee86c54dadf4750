import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SECRET } from '../testing/test-context.ts'
import { bootReplicas } from './testing/boot-replicas.ts'

it('three processes that start at once on one empty SQLite file have one key (JWT-13)', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-boot-'))
  const booted = await bootReplicas(3, `sqlite:${join(folder, 'gatehouse.db')}`, SECRET)
  expect(new Set(booted.map(({ signs }) => signs)).size).toBe(1)
  for (const { signs, published } of booted) expect(published).toEqual([signs])
  rmSync(folder, { recursive: true })
})
