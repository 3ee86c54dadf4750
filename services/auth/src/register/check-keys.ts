import { createPublicKey } from 'node:crypto'
import type { z } from 'zod'
import type { publicJwks } from '../clients/metadata-schema.ts'
import { ASSERTION_ALGORITHMS } from '../oauth/assertion-algorithms.ts'
import { OAuthError } from '../oauth/error.ts'
import { invalidMetadata } from './invalid-metadata.ts'

interface Keys {
  readonly token_endpoint_auth_method: string
  readonly jwks?: z.infer<typeof publicJwks> | undefined
  readonly jwks_uri?: string | undefined
}

/** A client that will prove itself by a key must say by which, and how it signs. @throws OAuthError `invalid_client_metadata` */
export function checkKeys({ token_endpoint_auth_method: method, jwks, jwks_uri: jwksUri }: Keys, signingAlg?: string): void {
  if (jwks !== undefined && jwksUri !== undefined) {
    // RFC 7591 §2: "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response."
    throw new OAuthError('invalid_client_metadata', 'jwks and jwks_uri must not both be there', { reason: 'metadata_jwks' })
  }
  if (method !== 'private_key_jwt') return
  if (jwks === undefined && jwksUri === undefined) throw invalidMetadata('jwks', 'or jwks_uri must be there with private_key_jwt')
  if (jwks !== undefined && !jwks.keys.some(isSignatureKey)) {
    throw invalidMetadata('jwks', 'must hold a key that signatures can be verified with')
  }
  if (signingAlg !== undefined && !ASSERTION_ALGORITHMS.some((name) => name === signingAlg)) {
    throw invalidMetadata('token_endpoint_auth_signing_alg', `must be one of ${ASSERTION_ALGORITHMS.join(', ')}`)
  }
}

function isSignatureKey(jwk: Readonly<Record<string, unknown>>): boolean {
  if (jwk.use !== undefined && jwk.use !== 'sig') return false
  try {
    createPublicKey({ key: jwk, format: 'jwk' })
    return true
  } catch {
    return false
  }
}
