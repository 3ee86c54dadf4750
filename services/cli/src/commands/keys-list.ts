import { describeKeys, type KeyDescription } from '@gatehouse/auth/operator'
import type { Command } from '../command.ts'
import { table } from '../table.ts'
import { iso, readable } from '../time.ts'
import { withGateway } from '../with-gateway.ts'

export const keysList: Command = {
  name: 'keys list',
  summary: 'The signing keys: which one signs, which is next, which are old',
  usage: '[--json]',
  details: 'Private keys are never shown. "secret 2" is a key that the second of GATEHOUSE_SECRETS opens.',
  run: async (call) => {
    const keys = await withGateway(call, 'reading the keys', ({ stores, secrets }) =>
      describeKeys({ store: stores.keys, secrets, clock: call.clock }),
    )
    const rows = keys.map((key) => [
      key.kid,
      key.state,
      readable(key.activatesAt),
      key.removedAt === undefined ? '' : readable(key.removedAt),
      key.secret === undefined ? 'none opens it' : `secret ${key.secret}`,
    ])
    const text = table(call.stdout, ['KEY', 'STATE', 'SIGNS FROM', 'REMOVED AT', 'SEALED WITH'], rows)
    call.result({ keys: keys.map(toJson) }, keys.length === 0 ? 'There are no keys yet; the first start makes one.' : text)
  },
}

const toJson = ({ createdAt, activatesAt, removedAt, ...key }: KeyDescription) => ({
  ...key,
  createdAt: iso(createdAt),
  activatesAt: iso(activatesAt),
  ...(removedAt === undefined ? {} : { removedAt: iso(removedAt) }),
})
