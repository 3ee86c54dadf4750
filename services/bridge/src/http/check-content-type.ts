import { Refusal } from '../wire/refusal.ts'
import { RPC } from '../wire/rpc-error.ts'

/**
 * A page can make a browser send text/plain across origins without asking first, so nothing but JSON is read.
 * @throws Refusal 415
 */
export function checkContentType(value: string | undefined): void {
  if (value === 'application/json') return
  const [type = ''] = (value ?? '').split(';', 1)
  if (type.trim().toLowerCase() === 'application/json') return
  throw new Refusal(415, RPC.invalidRequest, 'The Content-Type must be application/json.', { reason: 'content_type' })
}
