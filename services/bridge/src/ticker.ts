/** Calls back again and again; handed in, so that tests move time instead of sleeping. */
export type Every = (milliseconds: number, callback: () => void) => { stop(): void }

/** By the system's timers. They do not keep the process alive. */
export const every: Every = (milliseconds, callback) => {
  const timer = setInterval(callback, milliseconds)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
