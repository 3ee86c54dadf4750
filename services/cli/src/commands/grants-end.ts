import { endGrant } from '@gatehouse/auth/operator'
import { type Command, Failure, textOption, UsageError } from '../command.ts'
import { grantsOf } from '../grants-of.ts'
import { withGateway } from '../with-gateway.ts'

export const grantsEnd: Command = {
  name: 'grants end',
  summary: 'End what people have allowed: refresh tokens at once, access tokens within five seconds',
  usage: 'GRANT… | [--user SUBJECT] [--client CLIENT]',
  details: [
    'With --user alone the person is signed out of every browser too. They can sign in and allow it again, unless ALLOWED_USERS no',
    'longer has them.',
  ].join('\n'),
  takesPositionals: true,
  options: {
    user: { type: 'string', help: 'All of this person (of one client, together with --client).' },
    client: { type: 'string', help: 'All of this client.' },
  },
  run: async (call) => {
    const wish = { user: textOption(call, 'user'), client: textOption(call, 'client') }
    const isWish = wish.user !== undefined || wish.client !== undefined
    if (isWish === call.positionals.length > 0)
      throw new UsageError('name grants, or a --user, or a --client; gatehouse grants list shows them')
    const ended = await withGateway(call, 'ending grants', async ({ stores }) => {
      const ids = isWish ? (await grantsOf(stores, wish)).map(({ grant }) => grant.id) : call.positionals
      const done: string[] = []
      for (const id of ids) if (await endGrant(stores, id)) done.push(id)
      if (wish.user !== undefined && wish.client === undefined) await stores.sessions.deleteBySubject(wish.user)
      return done
    })
    call.result({ ended }, ended.length === 1 ? '1 grant ended.' : `${ended.length} grants ended.`)
    if (!isWish && ended.length === 0) throw new Failure('there is no such grant; gatehouse grants list shows those there are')
  },
}
