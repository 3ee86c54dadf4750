/**
 * How DPoP proofs may be signed (RFC 9449 §5.1): asymmetric ones alone. `Ed25519` is what RFC 9864 calls `EdDSA` with that
 * curve; clients send either.
 */
export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const

export type ProofAlgorithm = (typeof PROOF_ALGORITHMS)[number]
