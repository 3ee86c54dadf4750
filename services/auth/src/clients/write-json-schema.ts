import { writeFileSync } from 'node:fs'
import { clientsFileJsonSchema } from './clients-file-json-schema.ts'

/** `npm run schema -w services/auth`: writes clients.schema.json anew. A test fails while it is not what this writes. */
writeFileSync(new URL('../../clients.schema.json', import.meta.url), clientsFileJsonSchema())
