import { z } from 'zod'
import { serversFileSchema } from './servers-file.ts'

/**
 * The JSON Schema of the servers file as it is published beside this package, so that editors complete and check the
 * file. Draft 7, which every editor knows.
 */
export function serversFileJsonSchema(): string {
  const schema = z.toJSONSchema(serversFileSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ title: 'Servers file of Gatehouse', ...schema }, null, 2)}\n`
}
