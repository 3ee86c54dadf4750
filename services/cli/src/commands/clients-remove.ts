import { deleteClient } from '@gatehouse/auth/operator'
import { type Command, Failure, UsageError } from '../command.ts'
import { withGateway } from '../with-gateway.ts'

export const clientsRemove: Command = {
  name: 'clients remove',
  summary: 'Remove clients that registered themselves, with everything people allowed them',
  usage: 'CLIENT…',
  details:
    'Their access tokens end within five seconds. Of a client of the clients file, or a metadata document, the grants end alone.',
  takesPositionals: true,
  run: async (call) => {
    const ids = call.positionals
    if (ids.length === 0) throw new UsageError('name the clients to remove; gatehouse clients list shows them')
    const removed = await withGateway(call, 'removing clients', async ({ stores }) => {
      const outcomes: { readonly clientId: string; readonly existed: boolean; readonly grants: number }[] = []
      for (const clientId of ids) {
        const existed = (await stores.clients.find(clientId)) !== undefined
        // Also what a client left behind that is gone already.
        outcomes.push({ clientId, existed, grants: await deleteClient(stores, clientId) })
      }
      return outcomes
    })
    const lines = removed.map(({ clientId, existed, grants }) => {
      const ended = grants === 1 ? '1 grant ended' : `${grants} grants ended`
      return existed ? `${clientId} removed, ${ended}` : `${clientId} is not registered; ${ended}`
    })
    call.result({ removed }, lines.join('\n'))
    if (removed.every(({ existed, grants }) => !existed && grants === 0)) throw new Failure('nothing was removed')
  },
}
