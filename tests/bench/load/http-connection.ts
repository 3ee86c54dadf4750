import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  /** Status line and header lines, as sent. */
  readonly head: string
  readonly body: Buffer
}

const END_OF_HEAD = '\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'
const NO_BODY = Buffer.alloc(0)

/**
 * One keep-alive connection of the load generator: one request at a time, answers read with the least work that still
 * finds their end. node:http and fetch cost several times what the measured servers do.
 */
export class HttpConnection {
  readonly #socket: Socket
  #parts: Buffer[] = []
  #bytes = 0
  /** Undefined while the head is incomplete. */
  #head: string | undefined
  /** Undefined = chunked. */
  #length: number | undefined
  #onAnswer: ((answer: HttpAnswer) => void) | undefined
  readonly #onFault: (error: Error) => void

  constructor(port: number, onFault: (error: Error) => void) {
    this.#onFault = onFault
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** @param request - head and body, text of ASCII characters */
  send(request: string, onAnswer: (answer: HttpAnswer) => void): void {
    this.#onAnswer = onAnswer
    this.#socket.write(request, 'latin1')
  }

  close(): void {
    this.#onAnswer = undefined
    this.#socket.destroy()
  }

  #fail(error: Error): void {
    if (this.#onAnswer === undefined) return
    this.#onAnswer = undefined
    this.#onFault(error)
  }

  #read(chunk: Buffer): void {
    this.#parts.push(chunk)
    this.#bytes += chunk.length
    if (this.#head === undefined && !this.#readHead()) return
    if (this.#length === undefined) {
      if (this.#endsWithLastChunk()) this.#settle(dechunk(this.#joined()))
    } else if (this.#bytes >= this.#length) this.#settle(this.#length === 0 ? NO_BODY : this.#joined())
  }

  #readHead(): boolean {
    const data = this.#joined()
    const end = data.indexOf(END_OF_HEAD)
    if (end < 0) return false
    const head = data.toString('latin1', 0, end)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    this.#head = head
    this.#length = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head) ? undefined : Number(length ?? 0)
    this.#parts = [data.subarray(end + END_OF_HEAD.length)]
    this.#bytes = data.length - end - END_OF_HEAD.length
    return true
  }

  /** Looks at the newest bytes only: joining everything at every chunk would cost its square. */
  #endsWithLastChunk(): boolean {
    const newest = this.#parts.at(-1)
    const data = newest !== undefined && newest.length >= LAST_CHUNK.length ? newest : this.#joined()
    return data.length >= LAST_CHUNK.length && data.toString('latin1', data.length - LAST_CHUNK.length) === LAST_CHUNK
  }

  #joined(): Buffer {
    const [only] = this.#parts
    if (this.#parts.length === 1 && only !== undefined) return only
    const data = Buffer.concat(this.#parts, this.#bytes)
    this.#parts = [data]
    return data
  }

  #settle(body: Buffer): void {
    const head = this.#head ?? ''
    const onAnswer = this.#onAnswer
    this.#head = undefined
    this.#parts = []
    this.#bytes = 0
    this.#onAnswer = undefined
    onAnswer?.({ status: Number(head.slice(9, 12)), head, body })
  }
}

function dechunk(data: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < data.length; ) {
    const lineEnd = data.indexOf('\r\n', at)
    const size = Number.parseInt(data.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) break
    parts.push(data.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(parts)
}
