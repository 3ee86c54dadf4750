import type { z } from 'zod'

export type Method = 'get' | 'post' | 'put' | 'delete' | 'options'

/** One status of an operation. */
export interface Answer {
  readonly description: string
  /** Media type → schema of the body; absent = no body. */
  readonly content?: Readonly<Record<string, z.ZodType>>
  /** Header → what it says; always sent with this status. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  readonly method: Method
  /** Below PUBLIC_URL, or at the root of the host when it begins with `/.well-known/`. */
  readonly path: string
  readonly tag: Tag
  /** `operationId`: what a generated client calls it. */
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly pathParams?: z.ZodObject
  readonly query?: z.ZodObject
  readonly headers?: z.ZodObject
  readonly body?: { readonly mediaType: string; readonly schema: z.ZodType; readonly isOptional?: boolean }
  /** Ways to prove oneself, one of them; `{}` = without any. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  /** Every status that it ever answers, but for those of any path (info.description). */
  readonly answers: Readonly<Record<number, Answer>>
  /** Pages of other origins may call it: a preflight is answered. */
  readonly isForAnyOrigin?: boolean
  /** Where clients look for the same thing, in Fastify's spelling. */
  readonly alsoAt?: readonly string[]
}

type Tag = keyof typeof TAGS

export const TAGS = {
  discovery: 'What a client reads first.',
  registration: 'A client tells about itself (RFC 7591) and manages that (RFC 7592).',
  authorization: 'Where the person is asked. Pages for a browser; nothing here is called by a program.',
  tokens: 'What a client asks without the person.',
  account: 'What a person has connected, and how they end it. Pages for a browser.',
  mcp: 'The servers themselves, behind the gate.',
  internal: 'The internal listener (INTERNAL_PORT): for the reverse proxy, the bridge and monitoring. Never published.',
} as const
