import { IdentityProviderError } from './identity-provider.ts'

/** The work's result, unless the signal fires first. The work goes on unseen; its own limits end it. */
export async function withSignal<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  // Whoever loses the race must not end the process.
  work.catch(() => {})
  let stop: (() => void) | undefined
  const fired = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new IdentityProviderError('unavailable', 'no answer in time', signal.reason))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, fired])
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}
