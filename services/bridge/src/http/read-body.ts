import type { IncomingMessage } from 'node:http'
import { Refusal } from '../wire/refusal.ts'
import { RPC } from '../wire/rpc-error.ts'

/**
 * Reads the whole body. Calls exactly one of the two, or none when the client goes away first. By callbacks: a promise
 * per request is a measurable part of a call.
 * @param fail - Refusal 413; the rest of the body has not been read
 */
export function readBody(
  req: IncomingMessage,
  limitBytes: number,
  done: (body: Buffer) => void,
  fail: (refusal: Refusal) => void,
): void {
  const announced = req.headers['content-length']
  if (announced !== undefined && Number(announced) > limitBytes) {
    fail(tooLarge(limitBytes))
    return
  }
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let bytes = 0
  let over = false
  req.on('data', (chunk: Buffer) => {
    if (over) return
    bytes += chunk.length
    if (bytes > limitBytes) {
      over = true
      more = undefined
      fail(tooLarge(limitBytes))
    } else if (first === undefined) first = chunk
    else if (more === undefined) more = [first, chunk]
    else more.push(chunk)
  })
  req.on('end', () => {
    if (over) return
    done(more === undefined ? (first ?? EMPTY) : Buffer.concat(more, bytes))
  })
}

const EMPTY = Buffer.alloc(0)

const tooLarge = (limitBytes: number): Refusal =>
  new Refusal(413, RPC.invalidRequest, `The request is larger than ${limitBytes} bytes.`, { reason: 'body_too_large' })
