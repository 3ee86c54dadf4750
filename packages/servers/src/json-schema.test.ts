import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { serversFileJsonSchema } from './json-schema.ts'

it('is published as it is: run `npm run schema -w packages/servers` after a change', () => {
  const published = readFileSync(new URL('../mcp.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(published)).toEqual(JSON.parse(serversFileJsonSchema()))
})
