import { rotateKeys } from '@gatehouse/auth/operator'
import type { Command } from '../command.ts'
import { iso, readable } from '../time.ts'
import { withGateway } from '../with-gateway.ts'

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'Make a new signing key, ahead of the schedule of 30 days',
  usage: '[--now] [--json]',
  details: [
    'The new key is published at once and signs ten minutes later, when every replica and every cache has it. Tokens of the',
    'old keys hold until they end: nobody notices.',
    '',
    'With --now, because somebody has the old keys: the new one signs at once, and the old ones are removed. Within 15',
    'seconds every access token they signed is refused; clients refresh by themselves, and nobody signs in again.',
  ].join('\n'),
  options: { now: { type: 'boolean', help: 'The old keys are lost to somebody: replace them at once.' } },
  run: async (call) => {
    const immediately = call.options.now === true
    const { kid, activatesAt, removed } = await withGateway(call, 'rotating the keys', ({ stores, secrets }) =>
      rotateKeys({ store: stores.keys, secrets, clock: call.clock }, { immediately }),
    )
    const text = immediately
      ? `${kid} signs from now on; ${removed.length} removed. Access tokens of the removed keys end within 15 seconds.`
      : `${kid} is published and signs from ${readable(activatesAt)}.`
    call.result({ kid, activatesAt: iso(activatesAt), removed }, text)
  },
}
