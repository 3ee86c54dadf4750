import { household, neighbourhood } from '../oauth/network.ts'
import type { ThrottleStore } from '../store/throttle-store.ts'

export interface StartLimits {
  /** Of the counters. */
  readonly name: string
  /** As long as what was started is kept. */
  readonly windowSeconds: number
  /** Of one address (of a /64 for IPv6) within the window: more than any office or service needs. */
  readonly perAddress: number
}

/** A network (a /24, a /48 for IPv6) is worth this many addresses: who has one does not have 65,536. */
const ADDRESSES_PER_NETWORK = 4
/** When all addresses together have started this many times what one may, each gets few. */
const CROWD = 20
const SHARE_WHEN_CROWDED = 1 / 50

/**
 * Bounds what callers whom nobody knows leave in the store. Counted per address and network, so that nobody locks others out;
 * a caller with many of them makes everybody's allowance small, not zero. What is refused counts against nobody else.
 */
export const createStartThrottle = (throttles: ThrottleStore, { name, windowSeconds, perAddress }: StartLimits) => ({
  /** Counts one start; false when there were too many. */
  allows: async (address: string): Promise<boolean> => {
    const hit = (key: string) => throttles.hit(`${name}:${key}`, windowSeconds)
    const own = await hit(household(address))
    if (own > perAddress) return false
    const near = await hit(`near:${neighbourhood(address)}`)
    if (near > perAddress * ADDRESSES_PER_NETWORK) return false
    const all = await hit('all')
    const share = all > perAddress * CROWD ? SHARE_WHEN_CROWDED : 1
    return own <= perAddress * share && near <= perAddress * ADDRESSES_PER_NETWORK * share
  },
})
