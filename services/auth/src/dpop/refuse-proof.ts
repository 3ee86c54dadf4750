import { OAuthError } from '../oauth/error.ts'
import { PROOF_ALGORITHMS } from './algorithms.ts'

/** What can be wrong with a proof, by the reason in the log. Whoever made it is told: nothing here is a secret. */
const DESCRIPTIONS = {
  proof_missing: 'send a DPoP proof in the DPoP header',
  proof_repeated: 'send exactly one DPoP header',
  proof_malformed: 'the DPoP proof is not a signed JWT in compact form',
  proof_wrong_typ: 'the typ of a DPoP proof is dpop+jwt',
  proof_wrong_alg: `the alg of a DPoP proof is one of ${PROOF_ALGORITHMS.join(', ')}`,
  proof_wrong_key: 'the jwk of the DPoP proof must be a public key for its alg, of 2048 to 4096 bits for RSA',
  proof_private_key: 'the jwk of the DPoP proof shows a secret key; make a new one, and send its public members alone',
  proof_bad_signature: 'the signature of the DPoP proof does not fit its jwk',
  proof_wrong_claims: 'a DPoP proof has jti, htm, htu and iat',
  proof_wrong_method: 'htm of the DPoP proof is not the method of this request',
  proof_wrong_url: 'htu of the DPoP proof is not the URL of this request, ',
  proof_wrong_time: 'iat of the DPoP proof is more than 5 minutes away from the time here; set the clock',
  proof_wrong_token: 'ath of the DPoP proof is not the digest of this access token',
  proof_replayed: 'this DPoP proof was used before; make a new one for each request',
} as const

/** @param detail - put behind the description; must be safe in a quoted string */
export const refuseProof = (reason: keyof typeof DESCRIPTIONS, detail = ''): OAuthError =>
  new OAuthError('invalid_dpop_proof', `${DESCRIPTIONS[reason]}${detail}`, { reason })
