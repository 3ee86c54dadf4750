import { z } from 'zod'
import type { Answer } from './operation.ts'
import { errorAnswer } from './schemas/errors.ts'

const HTML = 'text/html; charset=utf-8'
const page = z.string().describe('A page for people, without scripts.')
const RETRY = { 'Retry-After': 'Seconds to wait.' }

export const json = (description: string, schema: z.ZodType, headers?: Answer['headers']): Answer => ({
  description,
  content: { 'application/json; charset=utf-8': schema },
  ...(headers ? { headers } : {}),
})

/** A refusal as RFC 6749 §5.2 has it. */
export const refusal = (description: string, headers?: Answer['headers']): Answer => json(description, errorAnswer, headers)

export const htmlPage = (description: string): Answer => ({ description, content: { [HTML]: page } })

/** A refusal that a person sees; JSON for who prefers it by `Accept`. */
export const pageRefusal = (description: string, headers?: Answer['headers']): Answer => ({
  description,
  content: { [HTML]: page, 'application/json; charset=utf-8': errorAnswer },
  ...(headers ? { headers } : {}),
})

export const seeOther = (description: string): Answer => ({ description, headers: { Location: 'Where to go on, by GET.' } })

/** Of every endpoint on the public listener. */
export const FOREIGN_HOST: Readonly<Record<number, Answer>> = {
  421: refusal('The Host header names another host than PUBLIC_URL.'),
}

/** Of every path with a name in it. */
export const PATH_FAULTS: Readonly<Record<number, Answer>> = {
  400: refusal('The path cannot be decoded.'),
  414: refusal('The name in the path is longer than 100 characters.'),
}

/** Of everything that asks the store. Credentials are never refused because of it. */
export const STORE_AWAY: Readonly<Record<number, Answer>> = {
  503: refusal('`temporarily_unavailable`: the store does not answer. What the caller holds is still good.', RETRY),
}
export const PAGE_STORE_AWAY: Readonly<Record<number, Answer>> = {
  503: pageRefusal('The store or the identity provider does not answer.', RETRY),
}

/** Of everything that reads a body. */
export const bodyRefusals = (mediaType: string): Readonly<Record<number, Answer>> => ({
  413: refusal('The body is larger than 64 KiB.'),
  415: refusal(`The body is not ${mediaType}.`),
})
export const PAGE_BODY_REFUSALS: Readonly<Record<number, Answer>> = {
  413: pageRefusal('The form is larger than 64 KiB.'),
  415: pageRefusal('The body is not a form.'),
}

/** With `WWW-Authenticate` when the client tried by the Authorization header (RFC 6749 §5.2). */
export const INVALID_CLIENT: Readonly<Record<number, Answer>> = {
  401: refusal('`invalid_client`: the client is unknown or did not prove itself in the way it is registered for.'),
}
