/** Counters with a window, for guesses at passwords and codes. Throws StoreUnavailableError. */
export interface ThrottleStore {
  /** Adds one and returns the count since the window opened; concurrent callers all count. */
  hit(key: string, windowSeconds: number): Promise<number>
  reset(key: string): Promise<void>
}
