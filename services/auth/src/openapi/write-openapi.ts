import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { openapiDocument } from './document.ts'

/** `npm run openapi`: writes docs/openapi.json; tests/openapi says when that is due. */
writeFileSync(
  resolve(import.meta.dirname, '../../../../docs/openapi.json'),
  `${JSON.stringify(openapiDocument(), undefined, 2)}\n`,
)
