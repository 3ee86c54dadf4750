/**
 * How a client may sign what it proves itself with (`private_key_jwt`, RFC 7523 §3): with keys of which only the public half is
 * ours. Advertised as `token_endpoint_auth_signing_alg_values_supported`.
 */
export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const
