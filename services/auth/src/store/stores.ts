import type { ApprovalStore } from './approval-store.ts'
import type { ClientStore } from './client-store.ts'
import type { DecisionStore } from './decision-store.ts'
import type { ExpiringStore } from './expiring-store.ts'
import type { GrantStore } from './grant-store.ts'
import type { KeyStore } from './key-store.ts'
import type { RevocationBus } from './revocation-bus.ts'
import type { SessionStore } from './session-store.ts'
import type { SignInStore } from './sign-in-store.ts'
import type { ThrottleStore } from './throttle-store.ts'

/** Everything the authorization server remembers, on one backend. `open-stores.ts` picks the backend by STORE_URL. */
export interface Stores {
  readonly grants: GrantStore
  readonly clients: ClientStore
  readonly sessions: SessionStore
  readonly signIns: SignInStore
  readonly decisions: DecisionStore
  readonly approvals: ApprovalStore
  readonly throttles: ThrottleStore
  readonly expiring: ExpiringStore
  readonly keys: KeyStore
  readonly revocations: RevocationBus
  /** @throws StoreUnavailableError when the backend does not answer within two seconds */
  ping(): Promise<void>
  close(): Promise<void>
}
