import { readFileSync } from 'node:fs'
import { type HttpAnswer, HttpConnection } from './http-connection.ts'
import { TOKEN } from './request-load.ts'

/** How long a token that was given back at one replica still opens the door at another. */
export interface RevocationProbeOptions {
  /** Where the token is given back. */
  readonly revokePort: number
  /** Where it is asked for. */
  readonly verifyPort: number
  readonly clientId: string
  /** A request to /verify with TOKEN in it. */
  readonly request: string
  /** Lines of a token, a blank, and whose it is; each is used once. */
  readonly tokensFile: string
}

export interface RevocationDelay {
  /** From the 200 of /revoke to the first refusal, as the client sees it: the way there and back is in it. */
  readonly milliseconds: number
  /** Requests let through after the 200. */
  readonly letThrough: number
}

const GIVE_UP_MS = 10_000

export async function probeRevocations(options: RevocationProbeOptions): Promise<RevocationDelay[]> {
  const { revokePort, verifyPort, clientId, request, tokensFile } = options
  const tokens = readFileSync(tokensFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, line.indexOf(' ')))
  const revoking = new Peer(revokePort)
  const asking = new Peer(verifyPort)
  const delays: RevocationDelay[] = []
  for (const token of tokens) {
    const question = request.replace(TOKEN, () => token)
    const known = await asking.ask(question)
    if (known.status !== 200) throw new Error(`a live token was refused: ${known.head}`)
    const answer = await revoking.ask(revokeRequest(revokePort, clientId, token))
    if (answer.status !== 200) throw new Error(`/revoke answered ${answer.head}\n${answer.body.toString('utf8', 0, 400)}`)
    delays.push(await untilRefused(asking, question))
  }
  revoking.close()
  asking.close()
  return delays
}

async function untilRefused(asking: Peer, question: string): Promise<RevocationDelay> {
  const since = performance.now()
  for (let letThrough = 0; performance.now() - since < GIVE_UP_MS; letThrough++) {
    const { status, head } = await asking.ask(question)
    if (status === 401) return { milliseconds: performance.now() - since, letThrough }
    if (status !== 200) throw new Error(`/verify answered ${head}`)
  }
  throw new Error(`a revoked token was still let through after ${GIVE_UP_MS} ms`)
}

/** A connection with one question at a time. */
class Peer {
  readonly #connection: HttpConnection
  #fail: (error: Error) => void = () => {}
  constructor(port: number) {
    this.#connection = new HttpConnection(port, (error) => this.#fail(error))
  }
  ask(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#fail = reject
      this.#connection.send(request, resolve)
    })
  }
  close(): void {
    this.#connection.close()
  }
}

function revokeRequest(port: number, clientId: string, token: string): string {
  const body = new URLSearchParams({ client_id: clientId, token }).toString()
  return [
    'POST /revoke HTTP/1.1',
    `Host: localhost:${port}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}
