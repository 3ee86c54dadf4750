import { writeFileSync } from 'node:fs'
import { serversFileJsonSchema } from './json-schema.ts'

/** `npm run schema -w packages/servers`: writes mcp.schema.json anew. A test fails while it is not what this writes. */
writeFileSync(new URL('../mcp.schema.json', import.meta.url), serversFileJsonSchema())
