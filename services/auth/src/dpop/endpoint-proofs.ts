import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import type { Client } from '../oauth/client.ts'
import { createProofs, type HeldProof } from './proofs.ts'
import { refuseProof } from './refuse-proof.ts'

/** DPoP proofs at an endpoint of the authorization server (RFC 9449 §5, §10.1). */
export interface EndpointProofs {
  /**
   * The proof of a request; undefined when it has none. The answer gets a nonce for the client's next one. To be called before
   * the client proves itself, so that a proof without a nonce costs the client nothing that counts once.
   * @throws OAuthError `invalid_dpop_proof`, `use_dpop_nonce`
   */
  read(request: FastifyRequest, reply: FastifyReply): HeldProof | undefined
  /**
   * Takes the proof, now that it is known whose it is.
   * @returns the thumbprint of its key; undefined when there is no proof
   * @throws OAuthError `invalid_dpop_proof` also when this client must send one and did not (§5.2); StoreUnavailableError
   */
  spend(proof: HeldProof | undefined, client: Client, reply: FastifyReply): Promise<string | undefined>
}

/** @param path - of the endpoint, below PUBLIC_URL */
export function createEndpointProofs(
  context: Pick<Context, 'config' | 'stores' | 'secrets' | 'clock'>,
  path: string,
): EndpointProofs {
  const proofs = createProofs(context)
  const url = `${context.config.PUBLIC_URL}${path}`
  const handOutNonce = (reply: FastifyReply): void => {
    const nonce = proofs.freshNonce()
    if (nonce !== undefined) reply.header('dpop-nonce', nonce)
  }

  return {
    read: (request, reply) => {
      const { dpop } = request.headers
      if (dpop === undefined) return undefined
      handOutNonce(reply)
      return proofs.check(Array.isArray(dpop) ? dpop.join(', ') : dpop, { method: request.method, url })
    },
    spend: async (proof, client, reply) => {
      if (proof) {
        await proofs.spend(proof)
        return proof.jkt
      }
      if (client.dpopBoundAccessTokens !== true) return undefined
      handOutNonce(reply)
      throw refuseProof('proof_missing')
    },
  }
}
