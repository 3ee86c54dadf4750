import type { Context } from '../context.ts'
import { authorizationCodeGrant } from './authorization-code.ts'
import { refreshTokenGrant } from './refresh-token.ts'
import type { RefreshTokens } from './refresh-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/** What the grants use. */
export type TokenContext = Pick<
  Context,
  'config' | 'stores' | 'keys' | 'clients' | 'authenticateClient' | 'resources' | 'clock' | 'metrics' | 'secrets'
>

/** Every grant there is, by its `grant_type`. */
export const createTokenGrants = (context: TokenContext, refreshTokens: RefreshTokens): ReadonlyMap<string, TokenGrant> =>
  new Map(
    [
      authorizationCodeGrant(context, refreshTokens),
      refreshTokenGrant(context, refreshTokens),
      // One line each.
    ].map((grant) => [grant.grantType, grant]),
  )
