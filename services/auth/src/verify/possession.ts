import type { Context } from '../context.ts'
import { createProofs, type HeldProof, type ProvenRequest } from '../dpop/proofs.ts'
import { refuseProof } from '../dpop/refuse-proof.ts'
import { OAuthError } from '../oauth/error.ts'
import type { VerifyRequest } from './answer.ts'
import { createBatch } from './batch.ts'
import { type Binding, SIGNATURES_PER_TURN, SIGNATURES_WAITING } from './presented-token.ts'

/** Holds the proof beside a bound token against the request and the token (RFC 9449 §7.1, §4.3). */
export interface Possession {
  /**
   * Takes the proof of a request; each counts once among all replicas.
   * @param path - of the request, as it was sent
   * @returns a nonce for the client's next proof, when it needs one soon
   * @throws OAuthError `invalid_dpop_proof`, `use_dpop_nonce`, `invalid_token`; or that we are overloaded; StoreUnavailableError
   */
  prove(request: VerifyRequest, path: string, binding: Binding): Promise<string | undefined>
}

export function createPossession(context: Pick<Context, 'config' | 'stores' | 'secrets' | 'clock'>): Possession {
  const { publicOrigin } = context.config
  const proofs = createProofs(context)
  const signatures = createBatch<{ readonly header: string; readonly about: ProvenRequest }, HeldProof>(
    ({ header, about }) => proofs.check(header, about),
    { perTurn: SIGNATURES_PER_TURN, limit: SIGNATURES_WAITING },
  )

  return {
    prove: async ({ method, dpop }, path, { jkt, ath }) => {
      if (dpop === undefined) throw refuseProof('proof_missing')
      // PUBLIC_URL's origin, never the Host that a client sent.
      const proof = await signatures.run({ header: dpop, about: { method, url: publicOrigin + path, ath } })
      if (proof.jkt !== jkt) {
        throw new OAuthError('invalid_token', 'the access token is bound to another key than that of the DPoP proof', {
          reason: 'proof_of_other_key',
        })
      }
      await proofs.spend(proof)
      return proof.needsNonce ? proofs.freshNonce() : undefined
    },
  }
}
