import type { Wish } from '../authorize/decide.ts'
import type { Context } from '../context.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { newGrantId } from '../oauth/code.ts'
import type { DeviceAuthorizations, DeviceDecision } from '../store/device-authorizations.ts'
import { endGrant } from '../store/end-grant.ts'
import type { Session } from '../store/session-store.ts'
import type { Device } from './find-device.ts'

/** There is no challenge and no redirect in this grant; nothing that /token compares equals the empty text. */
const NOTHING = ''

/**
 * Records a person's answer, once per device: the first one stands. A yes leaves a grant behind that waits for its device
 * code as another waits for its authorization code. It is there before the answer is, so that a device that sees the answer
 * finds the grant.
 * @returns what stands, and whether it is this caller's
 */
export async function decideDevice(
  { stores, clock }: Pick<Context, 'stores' | 'clock'>,
  devices: DeviceAuthorizations,
  { authorization }: Pick<Device, 'authorization'>,
  { identity, signedInAt }: Session,
  wish: Wish,
): Promise<{ readonly first: boolean; readonly standing: DeviceDecision }> {
  const { id, clientId, resource, codeHash, expiresAt } = authorization
  const { subject } = identity
  if (wish.decision === 'deny') return devices.decideOnce(id, { decision: 'deny', subject })
  const grantId = newGrantId()
  const { scopes } = wish
  await stores.grants.issueCode(
    { id: grantId, clientId, identity, scopes, resource, createdAt: nowSeconds(clock), via: 'device_code' },
    { codeHash, codeChallenge: NOTHING, redirectUri: NOTHING, expiresAt, authTime: signedInAt },
  )
  const outcome = await devices.decideOnce(id, { decision: 'approve', subject, grantId })
  if (!outcome.first) await endGrant(stores, grantId)
  return outcome
}
