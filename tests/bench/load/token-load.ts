import { readFileSync } from 'node:fs'
import { type HttpAnswer, HttpConnection } from './http-connection.ts'
import type { Load } from './request-load.ts'
import { type Lane, runWindow } from './window.ts'

/** Requests to a token endpoint: every one is right, and none is sent twice. */
export interface TokenLoadOptions {
  readonly port: number
  readonly connections: number
  readonly kind: 'refresh' | 'code'
  readonly clientId: string
  readonly resource: string
  readonly redirectUri: string
  /** Lines of a refresh token, each the first of a chain; or of a code, a blank, and its verifier. */
  readonly file: string
}

interface TokenAnswer {
  readonly access_token?: string
  readonly token_type?: string
  readonly refresh_token?: string
  readonly id_token?: string
}

export function createTokenLoad(options: TokenLoadOptions): Load {
  const { port, connections, kind, file } = options
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const write = kind === 'refresh' ? refreshRequest(options) : codeRequest(options)
  let turn = 0

  const open: HttpConnection[] = []
  const lanes = Array.from({ length: connections }, (_, number): Lane => {
    let fault: ((error: Error) => void) | undefined
    let own = number
    const connection = new HttpConnection(port, (error) => fault?.(error))
    open.push(connection)
    return (done) => {
      fault = done
      // A chain belongs to one connection; codes are anybody's.
      const index = kind === 'refresh' ? own % lines.length : turn
      own += connections
      turn++
      const line = lines[index]
      if (line === undefined) return done(new Error('the codes ran out'))
      connection.send(write(line), (answer) => {
        const read = readAnswer(answer)
        if (typeof read === 'string') return done(new Error(read))
        if (kind === 'refresh') {
          if (read.refresh_token === line) return done(new Error('the refresh token was not rotated'))
          lines[index] = read.refresh_token ?? ''
        }
        done()
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

/** @returns the tokens, or what is wrong with the answer */
export function readAnswer(answer: HttpAnswer): TokenAnswer | string {
  const text = answer.body.toString('utf8')
  if (answer.status !== 200) return `answered ${answer.head}\n${text.slice(0, 400)}`
  const tokens = JSON.parse(text) as TokenAnswer
  if (tokens.token_type !== 'Bearer') return `the token type is ${tokens.token_type}`
  if (tokens.access_token?.split('.').length !== 3) return 'the access token is no JWT'
  if (tokens.refresh_token === undefined || tokens.refresh_token === '') return 'there is no refresh token'
  if (tokens.id_token !== undefined) return 'there is an ID token, which was not asked for'
  return tokens
}

const refreshRequest =
  ({ clientId, resource }: TokenLoadOptions) =>
  (token: string): string =>
    post(resource, new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: clientId, resource }))

const codeRequest =
  ({ clientId, resource, redirectUri }: TokenLoadOptions) =>
  (line: string): string => {
    const [code = '', verifier = ''] = line.split(' ')
    const proof = { code, code_verifier: verifier, redirect_uri: redirectUri }
    return post(resource, new URLSearchParams({ grant_type: 'authorization_code', ...proof, client_id: clientId, resource }))
  }

/** As MCP clients in Node send it, to the host that the gateway is known by. */
function post(resource: string, form: URLSearchParams): string {
  const body = form.toString()
  return [
    'POST /token HTTP/1.1',
    `Host: ${new URL(resource).host}`,
    'Accept: application/json',
    'Accept-Encoding: gzip, deflate',
    'Accept-Language: *',
    'User-Agent: node',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}
