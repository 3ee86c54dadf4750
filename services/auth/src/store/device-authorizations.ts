import { DEVICE_CODE_TTL_SECONDS, DEVICE_POLL_INTERVAL_SECONDS } from '../oauth/lifetimes.ts'
import { sha256 } from '../oauth/secret.ts'
import type { Stores } from './stores.ts'

/** Longer than the code is good, so that a device that asks late is told `expired_token`, not that its code is unknown. */
const REMEMBERED_SECONDS = DEVICE_CODE_TTL_SECONDS * 2
/** What the way through the network may take away between two questions. */
const POLL_TOLERANCE_SECONDS = 1

/** A device that waits for a person (RFC 8628): what it asked for, and what is told to the person about it. */
export interface DeviceAuthorization {
  /** Its decision is recorded under it, once. */
  readonly id: string
  readonly clientId: string
  readonly resource: string
  readonly scopes: readonly string[]
  /** SHA-256 of the device code, base64url. */
  readonly codeHash: string
  /** Unix seconds. */
  readonly startedAt: number
  /** Unix seconds. */
  readonly expiresAt: number
  /** The network it was started from, coarse. */
  readonly network: string
}

/** What the person said. With a yes there is a grant that only the device code can bring to life. */
export type DeviceDecision =
  | { readonly decision: 'approve'; readonly subject: string; readonly grantId: string }
  | { readonly decision: 'deny'; readonly subject: string }

/** Devices that wait, between /device_authorization, the person at /device and the device's questions at /token. */
export interface DeviceAuthorizations {
  /** Adds one under a user code; false when that code is somebody else's. */
  start(authorization: DeviceAuthorization, userCode: string): Promise<boolean>
  /** Also for a while after it expired. */
  findByCode(codeHash: string): Promise<DeviceAuthorization | undefined>
  findByUserCode(userCode: string): Promise<DeviceAuthorization | undefined>
  /** Remembers that this person was asked about this code, for as long as a code is good. */
  noteAsked(userCode: string, subject: string): Promise<void>
  wasAsked(userCode: string, subject: string): Promise<boolean>
  /** Records the person's answer: of any number of callers the first one's stands, and all get that one. */
  decideOnce(id: string, decision: DeviceDecision): Promise<{ readonly first: boolean; readonly standing: DeviceDecision }>
  decisionOf(id: string): Promise<DeviceDecision | undefined>
  /**
   * Counts a question of a device that waits. Too soon after the one before: false, and "the interval MUST be increased by
   * 5 seconds for this and all subsequent requests" (RFC 8628 §3.5).
   */
  isInTime(codeHash: string): Promise<boolean>
}

/** Every method throws StoreUnavailableError when the backend does not answer. */
export function createDeviceAuthorizations(stores: Pick<Stores, 'expiring' | 'decisions' | 'throttles'>): DeviceAuthorizations {
  const { expiring, decisions, throttles } = stores
  const findByCode = async (codeHash: string): Promise<DeviceAuthorization | undefined> => {
    const found = await expiring.find('device-code', codeHash)
    return found === undefined ? undefined : (JSON.parse(found) as DeviceAuthorization)
  }
  return {
    start: async (authorization, userCode) => {
      const { codeHash } = authorization
      // The name is reserved first: whoever finds it before the record is there finds nothing yet.
      if (!(await expiring.add('user-code', sha256(userCode), codeHash, REMEMBERED_SECONDS))) return false
      await expiring.put('device-code', codeHash, JSON.stringify(authorization), REMEMBERED_SECONDS)
      return true
    },
    findByCode,
    findByUserCode: async (userCode) => {
      const codeHash = await expiring.find('user-code', sha256(userCode))
      return codeHash === undefined ? undefined : findByCode(codeHash)
    },
    noteAsked: (userCode, subject) => expiring.put('user-code', askedName(userCode, subject), '', DEVICE_CODE_TTL_SECONDS),
    wasAsked: async (userCode, subject) => (await expiring.find('user-code', askedName(userCode, subject))) !== undefined,
    decideOnce: async (id, decision) => {
      const { first, outcome } = await decisions.decideOnce(id, JSON.stringify(decision), REMEMBERED_SECONDS)
      return { first, standing: JSON.parse(outcome) as DeviceDecision }
    },
    decisionOf: async (id) => {
      const outcome = await decisions.find(id)
      return outcome === undefined ? undefined : (JSON.parse(outcome) as DeviceDecision)
    },
    isInTime: async (codeHash) => {
      // Names of their own beside the record: nothing is ever written back to it, so a question cannot revive what has ended.
      const [slot, grown] = [`${codeHash}:slot`, `${codeHash}:interval`]
      const interval = Number((await expiring.find('device-code', grown)) ?? DEVICE_POLL_INTERVAL_SECONDS)
      if (await expiring.add('device-code', slot, '', interval - POLL_TOLERANCE_SECONDS)) return true
      const hasty = await throttles.hit(`device:${codeHash}`, REMEMBERED_SECONDS)
      const longer = DEVICE_POLL_INTERVAL_SECONDS * (1 + hasty)
      await expiring.put('device-code', grown, String(longer), REMEMBERED_SECONDS)
      await expiring.put('device-code', slot, '', longer - POLL_TOLERANCE_SECONDS)
      return false
    },
  }
}

const askedName = (userCode: string, subject: string): string => sha256(JSON.stringify([userCode, subject]))
