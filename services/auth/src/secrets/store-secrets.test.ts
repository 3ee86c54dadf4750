import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { redisUsers, writeStoreSecrets } from './store-secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-secrets-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim()

describe('the secrets that Redis and auth share', () => {
  it('are made once and found again at the next start', () => {
    writeStoreSecrets({ folder, redisPassword: undefined, storeUrl: undefined })
    const first = read('redis-password')
    expect(first.length).toBeGreaterThanOrEqual(32)
    writeStoreSecrets({ folder, redisPassword: undefined, storeUrl: undefined })
    expect(read('redis-password')).toBe(first)
    expect(read('store-url')).toBe(`redis://gatehouse:${first}@redis:6379`)
  })

  it('are readable by their owner alone, and leave no drafts behind', () => {
    writeStoreSecrets({ folder, redisPassword: 'a-given-password-1', storeUrl: undefined })
    expect(readdirSync(folder).sort()).toEqual(['redis-password', 'store-url', 'users.acl'])
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o400)
  })

  it('take a given password, whatever its characters', () => {
    writeStoreSecrets({ folder, redisPassword: 'p@ss:w/ord#1?&%', storeUrl: undefined })
    expect(decodeURIComponent(new URL(read('store-url')).password)).toBe('p@ss:w/ord#1?&%')
  })

  it('lead auth to the Redis that the operator named', () => {
    writeStoreSecrets({ folder, redisPassword: undefined, storeUrl: 'rediss://u:p@redis.example:6380/2' })
    expect(read('store-url')).toBe('rediss://u:p@redis.example:6380/2')
  })
})

describe('the user list of Redis', () => {
  it('has one user, our keys and channels alone, and no password in clear', () => {
    const lines = redisUsers('a-given-password-1').split('\n')
    expect(lines[0]).toMatch(/^user default off resetpass /)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain(`#${createHash('sha256').update('a-given-password-1').digest('hex')} ~gh:* &gh:* -@all`)
    expect(lines[1]).not.toContain('a-given-password-1')
    expect(lines[1]).toContain('-@dangerous +info')
  })

  it('leaves `default` the rights by which Redis reads its append-only file back', () => {
    expect(redisUsers('a-given-password-1').split('\n')[0]).toContain('~* &* +@all')
  })
})
