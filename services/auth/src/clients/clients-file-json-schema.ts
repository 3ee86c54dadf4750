import { z } from 'zod'
import { clientsFileSchema } from './clients-file-schema.ts'

/**
 * The JSON Schema of the clients file as it is published beside this package, so that editors complete and check the file.
 * Draft 7, which every editor knows.
 */
export function clientsFileJsonSchema(): string {
  const schema = z.toJSONSchema(clientsFileSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ title: 'Clients file of Gatehouse', ...schema }, null, 2)}\n`
}
