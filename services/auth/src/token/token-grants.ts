import type { Context } from '../context.ts'
import { authorizationCodeGrant } from './authorization-code.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import { deviceCodeGrant } from './device-code.ts'
import { jwtBearerGrant } from './jwt-bearer.ts'
import { refreshTokenGrant } from './refresh-token.ts'
import type { RefreshTokens } from './refresh-tokens.ts'
import { tokenExchangeGrant } from './token-exchange.ts'
import type { TokenGrant } from './token-grant.ts'

/** What the grants use. */
export type TokenContext = Pick<
  Context,
  | 'config'
  | 'stores'
  | 'keys'
  | 'clients'
  | 'authenticateClient'
  | 'keySets'
  | 'issuers'
  | 'resources'
  | 'clock'
  | 'metrics'
  | 'secrets'
>

/** Every grant there is, by its `grant_type`. */
export const createTokenGrants = (context: TokenContext, refreshTokens: RefreshTokens): ReadonlyMap<string, TokenGrant> =>
  new Map(
    [
      authorizationCodeGrant(context, refreshTokens),
      refreshTokenGrant(context, refreshTokens),
      ...(context.config.DEVICE_GRANT === 'on' ? [deviceCodeGrant(context, refreshTokens)] : []),
      clientCredentialsGrant(context),
      tokenExchangeGrant(context),
      ...(context.issuers.all.length > 0 ? [jwtBearerGrant(context)] : []),
      // One line each.
    ].map((grant) => [grant.grantType, grant]),
  )
