import { household } from '../oauth/network.ts'
import type { ThrottleStore } from '../store/throttle-store.ts'

export const THROTTLE_WINDOW_SECONDS = 900
/** Attempts of one address within the window. */
const ATTEMPTS_PER_ADDRESS = 10
/** Attempts of all addresses together, after which each new one gets few. */
const ATTEMPTS_IN_ALL = 100
const ATTEMPTS_WHEN_CROWDED = 3

/**
 * Slows down guessing at the operator password. Counted per address (per /64 for IPv6), so that nobody locks others out; a
 * guesser with many addresses makes every address's allowance small, not zero.
 */
export function createPasswordThrottle(throttles: ThrottleStore) {
  return {
    /** Counts one attempt; false when there were too many. */
    allows: async (address: string): Promise<boolean> => {
      const [own, all] = await Promise.all([
        throttles.hit(keyOf(address), THROTTLE_WINDOW_SECONDS),
        throttles.hit('password:all', THROTTLE_WINDOW_SECONDS),
      ])
      return own <= (all > ATTEMPTS_IN_ALL ? ATTEMPTS_WHEN_CROWDED : ATTEMPTS_PER_ADDRESS)
    },
    /** After a right password. */
    forget: (address: string): Promise<void> => throttles.reset(keyOf(address)),
  }
}

const keyOf = (address: string): string => `password:${household(address)}`
