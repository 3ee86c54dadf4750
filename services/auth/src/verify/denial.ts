import type { Scheme } from './authorization.ts'

/** A token that does not hold. The description goes to the client. */
export interface Denial {
  readonly reason: string
  readonly description: string
  /** How the token was presented, which is how the challenge is worded. */
  readonly scheme: Scheme
}

export const NO_CREDENTIALS: Denial = { reason: 'no_credentials', description: '', scheme: 'Bearer' }

/** A token bound to a key that came without its proof (RFC 9449 §7.2): the challenge names the other scheme too. */
export const BOUND_TOKEN_AS_BEARER = 'bound_token_as_bearer'

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  expired: 'the access token has expired',
  grant_gone: 'the access token was revoked',
  token_revoked: 'the access token was revoked',
  // The same whether there is such a token or not.
  personal_token_unknown: 'the personal access token is unknown, expired or revoked',
  personal_tokens_off: 'this gateway takes no personal access tokens',
  token_not_bound: 'the access token is bound to no key; send it as Bearer',
  [BOUND_TOKEN_AS_BEARER]: 'the access token is bound to a key; send it with the scheme DPoP and a proof',
}

export const deny = (reason: string, scheme: Scheme): Denial => ({
  reason,
  description: DESCRIPTIONS[reason] ?? 'the access token is malformed or was not issued here',
  scheme,
})
