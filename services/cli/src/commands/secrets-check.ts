import { describeKeys } from '@gatehouse/auth/operator'
import { type Command, Failure } from '../command.ts'
import { withGateway } from '../with-gateway.ts'

export const secretsCheck: Command = {
  name: 'secrets check',
  summary: 'Which of GATEHOUSE_SECRETS is still needed',
  usage: '[--json]',
  details: 'Exit status 1 when a signing key is there that none of the secrets opens.',
  run: async (call) => {
    const { keys, count } = await withGateway(call, 'reading the keys', async ({ stores, secrets }) => ({
      keys: await describeKeys({ store: stores.keys, secrets, clock: call.clock }),
      count: secrets.length,
    }))
    const usedBy = Array.from({ length: count }, (_, place) => keys.filter(({ secret }) => secret === place + 1).length)
    const unreadable = keys.filter(({ state }) => state === 'unreadable').map(({ kid }) => kid)
    const text = [
      ...usedBy.map(
        (used, place) => `secret ${place + 1} of ${count}: ${signingKeys(used)}${place === 0 ? ', and all that is new' : ''}`,
      ),
      advice(usedBy),
    ]
    call.result(
      { secrets: usedBy.map((used) => ({ signingKeys: used })), unreadable },
      text.filter((line) => line !== '').join('\n'),
    )
    if (unreadable.length > 0) {
      throw new Failure(
        `${signingKeys(unreadable.length)} cannot be opened by any of them: put the secret that sealed it back into GATEHOUSE_SECRETS, ` +
          'or give it up with gatehouse secrets reseal --remove-unreadable',
      )
    }
  },
}

const signingKeys = (count: number): string => (count === 1 ? '1 signing key' : `${count} signing keys`)

function advice(usedBy: readonly number[]): string {
  if (usedBy.length === 1) return ''
  return usedBy.slice(1).some((used) => used > 0)
    ? 'Run gatehouse secrets reseal before you take the others out.'
    : 'The others can be taken out, 15 minutes after the first one was put in: sign-ins under way still need them until then.'
}
