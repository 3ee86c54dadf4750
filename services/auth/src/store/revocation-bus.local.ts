import type { RevocationBus } from './revocation-bus.ts'

/** Within one process, so nothing is ever lost and no gap reported. */
export function createLocalRevocationBus(): RevocationBus {
  const listeners: ((grantId: string) => void)[] = []
  return {
    publish: async (grantId) => {
      for (const listener of listeners) listener(grantId)
    },
    subscribe: (onRevoked) => {
      listeners.push(onRevoked)
    },
  }
}
