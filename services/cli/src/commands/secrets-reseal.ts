import { resealKeys } from '@gatehouse/auth/operator'
import type { Command } from '../command.ts'
import { withGateway } from '../with-gateway.ts'

export const secretsReseal: Command = {
  name: 'secrets reseal',
  summary: 'Encrypt what is stored with the first of GATEHOUSE_SECRETS, so that the others can be dropped',
  usage: '[--remove-unreadable] [--json]',
  details: 'Running replicas need not be told, and it can be repeated. docs/operations.md has the three steps of a rotation.',
  options: {
    'remove-unreadable': {
      type: 'boolean',
      help: 'Remove signing keys that none of the secrets opens; nothing they signed is accepted anyway.',
    },
  },
  run: async (call) => {
    const removeUnreadable = call.options['remove-unreadable'] === true
    const outcome = await withGateway(call, 'sealing the keys anew', ({ stores, secrets }) =>
      resealKeys({ store: stores.keys, secrets }, { removeUnreadable }),
    )
    const { resealed, current, unreadable, removed } = outcome
    const counts = [
      `${resealed.length} sealed anew`,
      `${current.length} were so already`,
      ...(removed.length > 0 ? [`${removed.length} removed`] : []),
      ...(unreadable.length > 0 ? [`${unreadable.length} that none of the secrets opens`] : []),
    ]
    call.result(outcome, `Signing keys: ${counts.join(', ')}.`)
  },
}
