import { describe, expect, it } from 'vitest'
import { approvalStoreContract } from './approval-store.contract.ts'
import { clientStoreContract } from './client-store.contract.ts'
import { decisionStoreContract } from './decision-store.contract.ts'
import { expiringStoreContract } from './expiring-store.contract.ts'
import { grantRotationContract } from './grant-rotation.contract.ts'
import { grantStoreContract } from './grant-store.contract.ts'
import { grantTokensContract } from './grant-tokens.contract.ts'
import { keyStoreContract } from './key-store.contract.ts'
import { revocationBusContract } from './revocation-bus.contract.ts'
import { sessionStoreContract } from './session-store.contract.ts'
import { signInStoreContract } from './sign-in-store.contract.ts'
import { eachWith, type OpenStoresUnderTest } from './testing/stores-under-test.ts'
import { throttleStoreContract } from './throttle-store.contract.ts'
import { StoreUnavailableError } from './unavailable.ts'

/** Everything that every backend promises. */
export function storesContract(backend: string, open: OpenStoresUnderTest): void {
  describe(`the contract, on ${backend}`, () => {
    for (const contract of [
      grantStoreContract,
      grantRotationContract,
      grantTokensContract,
      clientStoreContract,
      sessionStoreContract,
      signInStoreContract,
      decisionStoreContract,
      approvalStoreContract,
      throttleStoreContract,
      expiringStoreContract,
      keyStoreContract,
      revocationBusContract,
    ]) {
      describe(contract.name, () => contract(open))
    }

    describe('the stores', () => {
      const under = eachWith(open)

      it('answer a ping while open, and are unavailable once closed', async () => {
        await under.first.ping()
        await under.first.close()
        await expect(under.first.ping()).rejects.toThrow(StoreUnavailableError)
        await expect(under.first.grants.find('grt_1')).rejects.toThrow(StoreUnavailableError)
      })

      it('can be closed twice', async () => {
        await under.first.close()
        await under.first.close()
      })
    })
  })
}
