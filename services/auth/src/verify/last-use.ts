import type { Clock } from '../oauth/clock.ts'
import type { ActiveGrant, GrantStore } from '../store/grant-store.ts'

/** /account says when each app was last used, to this exactness. */
const NOTED_EVERY_SECONDS = 600

/** Notes that a grant is in use, unless that was done a short while ago. Nobody waits for it, and nothing depends on it. */
export const createUseNotes =
  (grants: Pick<GrantStore, 'touch'>, clock: Clock) =>
  ({ grant, lastUsedAt }: ActiveGrant): void => {
    if (clock() < (lastUsedAt + NOTED_EVERY_SECONDS) * 1000) return
    grants.touch(grant.id).catch(() => {})
  }
