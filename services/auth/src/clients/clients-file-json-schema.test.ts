import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { clientsFileJsonSchema } from './clients-file-json-schema.ts'

it('is published as it is: run `npm run schema -w services/auth` after a change', () => {
  const published = readFileSync(new URL('../../clients.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(published)).toEqual(JSON.parse(clientsFileJsonSchema()))
})
