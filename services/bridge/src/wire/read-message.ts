import { isAscii, isUtf8 } from 'node:buffer'
import { type Member, membersOf, type Span, skipSpace } from './json-scan.ts'
import { Refusal } from './refusal.ts'
import { RPC } from './rpc-error.ts'

/** What a client sent, judged readable. `bytes` are what a child gets: one line, the very bytes that were judged. */
export interface Message {
  readonly kind: 'request' | 'notification' | 'response'
  /** Empty for a response. */
  readonly method: string
  readonly params: Readonly<Record<string, unknown>> | undefined
  /** The id as JSON, byte for byte (UTF-8 read as latin1); `null` when there is none. */
  readonly idText: string
  readonly bytes: Buffer
  readonly id: Span | undefined
  /** `params._meta.progressToken`. */
  readonly progressToken: Span | undefined
  /** `params.requestId` of notifications/cancelled. */
  readonly requestId: Span | undefined
}

/**
 * Reads the body of a POST: exactly one JSON-RPC message of which every reader sees the same. Refused are therefore also
 * members that come twice and members that only some parsers take for a known one (`Name`, `paramſ`): the policy would
 * judge one and the server run the other.
 * @throws Refusal 400
 */
export function readMessage(body: Buffer): Message {
  const bytes = asOneLine(body)
  const value = parse(bytes)
  if (Array.isArray(value)) throw invalid('batch', 'Batches are not supported: send one JSON-RPC message per request.')
  if (!isObject(value)) throw invalid('not_an_object', 'The body is not a JSON-RPC message.')
  const members = checkedMembers(bytes, skipSpace(bytes, 0), TOP_LEVEL)
  if (value.jsonrpc !== '2.0') throw invalid('not_json_rpc', 'The body is not a JSON-RPC 2.0 message.')
  const { method, params, id } = value
  if (params !== undefined && !isObject(params)) throw invalid('params_not_an_object', '"params" must be an object.')
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number')
    throw invalid('bad_id', '"id" must be a string or a number.')
  const idSpan = memberNamed(members, 'id')
  if (isLong(idSpan)) throw invalid('long_id', '"id" is too long.')
  const idText = idSpan === undefined ? 'null' : bytes.toString('latin1', idSpan.start, idSpan.end)
  if (method === undefined) {
    if (id === undefined || 'result' in value === 'error' in value)
      throw invalid('no_method', 'The message has no method and is no response.')
    return { kind: 'response', method: '', params, idText, bytes, id: idSpan, progressToken: undefined, requestId: undefined }
  }
  if (typeof method !== 'string') throw invalid('bad_method', '"method" must be a string.')
  if (method.length > MAX_KEPT_BYTES) throw invalid('long_method', '"method" is too long.')
  if ('result' in value || 'error' in value)
    throw invalid('request_and_response', 'The message is a request and a response at once.')
  let progressToken: Span | undefined
  let requestId: Span | undefined
  const paramsSpan = memberNamed(members, 'params')
  if (paramsSpan !== undefined && params !== undefined) {
    const inner = checkedMembers(bytes, paramsSpan.start, PARAMS)
    requestId = memberNamed(inner, 'requestId')
    const meta = memberNamed(inner, '_meta')
    if (meta !== undefined && isObject(params._meta)) {
      progressToken = memberNamed(checkedMembers(bytes, meta.start, META), 'progressToken')
      if (isLong(progressToken)) throw invalid('long_progress_token', '"progressToken" is too long.')
    }
  }
  return {
    kind: id === undefined ? 'notification' : 'request',
    method,
    params,
    idText,
    bytes,
    id: idSpan,
    progressToken,
    requestId,
  }
}

/** Of an id, a progress token, a method: they are kept while the call runs, and thousands of calls may. */
const MAX_KEPT_BYTES = 1024

const isLong = (span: Span | undefined): boolean => span !== undefined && span.end - span.start > MAX_KEPT_BYTES

const TOP_LEVEL = ['jsonrpc', 'id', 'method', 'params', 'result', 'error']
const PARAMS = ['name', 'arguments', '_meta']
const META = ['progressToken']

const invalid = (reason: string, message: string): Refusal => new Refusal(400, RPC.invalidRequest, message, { reason })

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws Refusal when a key comes twice, or looks like one of `known` only to some parsers */
function checkedMembers(bytes: Buffer, start: number, known: readonly string[]): readonly Member[] {
  const members = membersOf(bytes, start) ?? []
  if (hasTwin(members)) throw invalid('duplicate_member', 'A member comes twice.')
  for (const { key } of members) {
    if (!known.includes(key) && known.includes(fold(key, known))) {
      throw invalid('ambiguous_member', `The member "${key.slice(0, 64)}" must be written in its exact case.`)
    }
  }
  return members
}

const memberNamed = (members: readonly Member[], name: string): Member | undefined => members.find(({ key }) => key === name)

function hasTwin(members: readonly Member[]): boolean {
  // A set costs more than comparing the few members of a usual message.
  if (members.length > 16) return new Set(members.map(({ key }) => key)).size < members.length
  return members.some(({ key }, index) => members.findIndex((other) => other.key === key) < index)
}

/** The known name that a parser with Unicode case folding (Go's encoding/json) takes the key for, else the key itself. */
function fold(key: string, known: readonly string[]): string {
  const folded = key.toLowerCase().replaceAll('\u017f', 's').replaceAll('\u212a', 'k')
  return known.find((name) => name.toLowerCase() === folded) ?? key
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Refusal(400, RPC.parseError, 'The body is not UTF-8.', { reason: 'not_utf8' })
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new Refusal(400, RPC.parseError, 'The body is not JSON.', { reason: 'bad_json' })
  }
}

/**
 * Line ends are white space in JSON but the end of a message to a child. U+2028 and U+2029, which stand only in strings,
 * end a line for Node's readline, so they go as escapes.
 */
function asOneLine(body: Buffer): Buffer {
  let bytes = body
  if (bytes.includes(0x0a) || bytes.includes(0x0d)) {
    bytes = Buffer.from(bytes)
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0x0a || bytes[at] === 0x0d) bytes[at] = 0x20
  }
  if (isAscii(bytes) || !(bytes.includes('\u2028') || bytes.includes('\u2029'))) return bytes
  return Buffer.from(bytes.toString('utf8').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'))
}
