import {
  INITIAL_ACCESS_TOKEN_MAX_SECONDS,
  makeInitialAccessToken,
  readConfig,
  revokeInitialAccessToken,
} from '@gatehouse/auth/operator'
import { type Call, type Command, textOption, UsageError } from '../command.ts'
import { iso, readable, readDuration } from '../time.ts'
import { secretsOf, withGateway } from '../with-gateway.ts'

const DEFAULT_EXPIRES = '30d'
const USES_LIMIT = 1_000_000

export const registrationToken: Command = {
  name: 'registration-token',
  summary: 'Make a token that lets a program register clients (REGISTRATION=token)',
  usage: '[--expires 30d] [--uses N] | --revoke ID',
  details: [
    'The token goes into the Authorization header of POST /register, as Bearer. It is shown this one time and stored nowhere; its',
    'id stands in the log beside each client that it registered, and revokes it. It also ends with the secret that made it.',
  ].join('\n'),
  options: {
    expires: {
      type: 'string',
      help: `How long it is good for: a number and s, m, h, d or w. Default ${DEFAULT_EXPIRES}, at most 365d.`,
    },
    uses: { type: 'string', help: 'How many registrations it is good for. Default: any number.' },
    revoke: { type: 'string', help: 'Revoke the token with this id.' },
  },
  run: async (call) => {
    const id = textOption(call, 'revoke')
    if (id !== undefined) return revoke(call, id)
    const config = readConfig(call.environment)
    const lifetime = readDuration('expires', textOption(call, 'expires') ?? DEFAULT_EXPIRES)
    if (lifetime > INITIAL_ACCESS_TOKEN_MAX_SECONDS) throw new UsageError('--expires takes 365d at most')
    const uses = readUses(textOption(call, 'uses'))
    const expiresAt = Math.floor(call.clock() / 1000) + lifetime
    const facts = { expiresAt, ...(uses === undefined ? {} : { uses }) }
    const made = makeInitialAccessToken(secretsOf(config), facts)
    call.result({ ...made, expiresAt: iso(expiresAt), ...(uses === undefined ? {} : { uses }) }, made.token)
    if (call.options.json !== true) call.note(`Good until ${readable(expiresAt)}. Its id, to revoke it: ${made.id}`)
    if (config.REGISTRATION !== 'token')
      call.note(`REGISTRATION is ${config.REGISTRATION}; it is asked for only where that is token.`)
  },
}

async function revoke(call: Call, id: string): Promise<void> {
  if (!/^[A-Za-z0-9_-]{11}$/.test(id))
    throw new UsageError('--revoke takes the id of a token, not the token: 11 characters, told when it was made')
  await withGateway(call, 'revoking the token', ({ stores }) => revokeInitialAccessToken(stores, id))
  call.result({ revoked: id }, `The token ${id} registers nobody any more.`)
}

function readUses(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const uses = Number(text)
  if (!/^\d+$/.test(text) || uses < 1 || uses > USES_LIMIT) throw new UsageError('--uses takes a whole number from 1 on')
  return uses
}
