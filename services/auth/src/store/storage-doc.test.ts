import { describe, expect, it } from 'vitest'
import { codeIn, readDocument, sectionOf, tablesOf } from '../../../../tests/support/documents.ts'
import { PREFIXES, REVOCATIONS_CHANNEL } from './redis/keys.ts'
import { SCHEMA } from './sqlite/schema.ts'

describe('docs/storage.md', () => {
  const document = readDocument('docs/storage.md')
  const [table] = tablesOf(sectionOf(document, 'What is kept'), 'redis key', 'sqlite table')
  const column = (name: string): string[] => {
    const index = table?.columns.indexOf(name) ?? -1
    return (table?.rows ?? []).map((row) => codeIn(row[index] ?? '') ?? '').filter((code) => code !== '')
  }

  it('has every Redis key and no other', () => {
    expect(new Set(column('redis key'))).toEqual(new Set(Object.values(PREFIXES)))
    expect(document.codes).toContain(REVOCATIONS_CHANNEL)
  })

  it('has every SQLite table and no other', () => {
    const tables = [...SCHEMA.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(([, name]) => name)
    expect(new Set(column('sqlite table'))).toEqual(new Set(tables))
  })
})
