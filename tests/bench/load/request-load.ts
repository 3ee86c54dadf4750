import { readFileSync } from 'node:fs'
import { HttpConnection } from './http-connection.ts'
import { type Lane, runWindow, type Until, type Window } from './window.ts'

/** Stands in a request where the access token belongs. */
export const TOKEN = '{TOKEN}'

/** The same request again and again, with tokens in turn. */
export interface RequestLoadOptions {
  readonly port: number
  readonly connections: number
  /** The whole request with TOKEN in it. */
  readonly request: string
  /** Lines of a token, a blank, and whose it is. */
  readonly tokensFile: string
  /** Whose token it was must stand in the answer's head. */
  readonly checksOwner: boolean
  /** No token is sent twice; running out of them is a fault. */
  readonly once?: boolean
  /** What the answer's body must be. */
  readonly body?: string
}

export interface Load {
  run(until: Until): Promise<Window>
  close(): void
}

export function createRequestLoad({ port, connections, request, tokensFile, checksOwner, once, body }: RequestLoadOptions): Load {
  const tokens = readFileSync(tokensFile, 'utf8').trimEnd().split('\n')
  const owners = tokens.map((line) => line.slice(line.indexOf(' ') + 1))
  const requests = tokens.map((line) => request.replace(TOKEN, () => line.slice(0, line.indexOf(' '))))
  let turn = 0

  const open: HttpConnection[] = []
  const lanes = Array.from({ length: connections }, (): Lane => {
    let fault: ((error: Error) => void) | undefined
    const connection = new HttpConnection(port, (error) => fault?.(error))
    open.push(connection)
    return (done) => {
      fault = done
      const index = turn++ % requests.length
      if (once === true && turn > requests.length) return done(new Error('the tokens ran out'))
      connection.send(requests[index] ?? '', (answer) => {
        const owner = owners[index] ?? ''
        if (answer.status !== 200) done(new Error(`answered ${answer.head}\n${answer.body.toString('utf8', 0, 400)}`))
        else if (checksOwner && !answer.head.includes(owner))
          done(new Error(`the answer for ${owner} is somebody else's: ${answer.head}`))
        else if (body !== undefined && answer.body.toString('latin1') !== body)
          done(new Error(`another body: ${answer.body.toString('utf8', 0, 400)}`))
        else done()
      })
    }
  })
  return {
    run: (until) => runWindow(lanes, until),
    close: () => {
      for (const connection of open) connection.close()
    },
  }
}
