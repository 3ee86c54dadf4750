import { randomBytes } from 'node:crypto'

const prefix = randomBytes(6).toString('base64url')
let counter = 0

/** A request id: unique across processes, cheap enough for every request, without meaning. */
export const nextRequestId = (): string => `${prefix}-${(counter++).toString(36)}`

/** What an id from a trusted hop must look like to be taken over. */
export const isRequestId = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_.-]{8,64}$/.test(value)
