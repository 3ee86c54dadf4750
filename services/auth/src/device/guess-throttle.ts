import type { ThrottleStore } from '../store/throttle-store.ts'

export const GUESS_WINDOW_SECONDS = 900
/** Codes that one person looks up within the window, right and wrong ones. */
const LOOKUPS_PER_PERSON = 20
/** Of all people together, after which each gets few. */
const LOOKUPS_IN_ALL = 500
const LOOKUPS_WHEN_CROWDED = 5

/**
 * Slows down guessing at user codes (RFC 8628 §5.1). Only who is signed in can look one up, so it is counted per person:
 * nobody locks others out, and a crowd makes each one's allowance small, not zero. At most 20 of 20^8 codes a quarter of an hour.
 */
export const createGuessThrottle = (throttles: ThrottleStore) => ({
  /** Counts one look-up; false when there were too many. */
  allows: async (subject: string): Promise<boolean> => {
    const own = await throttles.hit(`user-code:${subject}`, GUESS_WINDOW_SECONDS)
    // What is refused makes no crowd: one person alone would be one.
    if (own > LOOKUPS_PER_PERSON) return false
    const all = await throttles.hit('user-code:all', GUESS_WINDOW_SECONDS)
    return own <= (all > LOOKUPS_IN_ALL ? LOOKUPS_WHEN_CROWDED : LOOKUPS_PER_PERSON)
  },
})
