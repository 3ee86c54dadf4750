/** A clock that stands still until a test moves it. */
export interface TestClock {
  /** Milliseconds since 1970; hand this to whatever takes a clock. */
  readonly now: () => number
  advance(seconds: number): void
}

/** @param startMs - defaults to the real time, so that tokens also hold for code that reads the real clock */
export function createClock(startMs: number = Date.now()): TestClock {
  let current = startMs
  return {
    now: () => current,
    advance: (seconds) => {
      current += seconds * 1000
    },
  }
}
