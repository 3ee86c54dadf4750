import type { Context } from '../context.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { OAuthError } from '../oauth/error.ts'
import { equalDigests, sha256 } from '../oauth/secret.ts'
import { CLOCK_DIFFERENCE_SECONDS, NONCE_TTL_SECONDS, PROOF_WINDOW_SECONDS } from './lifetimes.ts'
import { createNonces } from './nonces.ts'
import { createProofReader } from './read-proof.ts'
import { refuseProof } from './refuse-proof.ts'

/** The request that a proof must be about. */
export interface ProvenRequest {
  readonly method: string
  /** Made of PUBLIC_URL, without query and fragment, in the one spelling that URL parsing gives it. */
  readonly url: string
  /** SHA-256 of the access token beside it, base64url; absent at /token, where there is none. */
  readonly ath?: string
}

/** A proof that holds for a request, and has to be spent before anything is granted for it. */
export interface HeldProof {
  /** RFC 7638 thumbprint of the key that made it. */
  readonly jkt: string
  /** Its nonce has less than half its life before it; give the client another. */
  readonly needsNonce: boolean
  /** How it is told from every other proof, and for how long it must be. */
  readonly name: string
  readonly seconds: number
}

export interface Proofs {
  /** For the header `DPoP-Nonce`; undefined when proofs need none. */
  freshNonce(): string | undefined
  /**
   * RFC 9449 §4.3, all but the replay. Synchronous: it asks nobody.
   * @param header - the `DPoP` header as it came; several are joined by commas
   * @throws OAuthError `invalid_dpop_proof`, or `use_dpop_nonce` with the nonce in its headers
   */
  check(header: string, request: ProvenRequest): HeldProof
  /**
   * Takes a proof, once among all replicas (§11.1).
   * @throws OAuthError `invalid_dpop_proof` for one that was taken before, StoreUnavailableError
   */
  spend(proof: HeldProof): Promise<void>
}

/**
 * Judges DPoP proofs. A nonce is good at /token and at every server, because clients keep one for each origin. `iat` counts
 * also beside a nonce: what is remembered against replays must end at a time that is known beforehand.
 */
export function createProofs({
  config,
  stores,
  secrets,
  clock,
}: Pick<Context, 'config' | 'stores' | 'secrets' | 'clock'>): Proofs {
  const read = createProofReader()
  const nonces = config.DPOP_NONCES === 'on' ? createNonces(secrets, clock) : undefined

  /** How long the nonce lets the proof live. */
  const secondsByNonce = (nonce: string | undefined): number => {
    if (!nonces) return Number.POSITIVE_INFINITY
    const left = nonce === undefined ? undefined : nonces.secondsLeft(nonce)
    if (left !== undefined) return left
    throw new OAuthError('use_dpop_nonce', 'put the value of the DPoP-Nonce header into the DPoP proof, as nonce', {
      reason: nonce === undefined ? 'proof_without_nonce' : 'proof_nonce_over',
      headers: { 'dpop-nonce': nonces.make() },
    })
  }

  return {
    freshNonce: () => nonces?.make(),
    check: (header, request) => {
      const proof = read(header)
      const now = nowSeconds(clock)
      if (proof.htm !== request.method) throw refuseProof('proof_wrong_method')
      if (!isSameUrl(proof.htu, request.url)) throw refuseProof('proof_wrong_url', request.url)
      if (request.ath !== undefined && !equalDigests(proof.ath ?? '', request.ath)) throw refuseProof('proof_wrong_token')
      if (Math.abs(now - proof.iat) > PROOF_WINDOW_SECONDS) throw refuseProof('proof_wrong_time')
      const left = Math.min(secondsByNonce(proof.nonce), proof.iat + PROOF_WINDOW_SECONDS - now)
      return {
        jkt: proof.jkt,
        needsNonce: nonces !== undefined && left < NONCE_TTL_SECONDS / 2,
        name: sha256(`dpop ${proof.jkt} ${request.url} ${proof.jti}`),
        seconds: Math.ceil(left) + CLOCK_DIFFERENCE_SECONDS,
      }
    },
    spend: async ({ name, seconds }) => {
      if (!(await stores.expiring.add('replay', name, '', seconds))) throw refuseProof('proof_replayed')
    },
  }
}

/** After the normalisation of URL parsing, "ignoring any query and fragment parts" (§4.3, point 9). */
function isSameUrl(htu: string, url: string): boolean {
  if (htu === url) return true
  if (!URL.canParse(htu)) return false
  const parsed = new URL(htu)
  parsed.search = ''
  parsed.hash = ''
  return parsed.href === url
}
