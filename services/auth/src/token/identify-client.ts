import type { Context } from '../context.ts'
import type { Params } from '../http/params.ts'
import type { Client } from '../oauth/client.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * Which client calls /token: as it proves itself, or, when it sends nothing to prove itself by, as its grant shows. A proof
 * that is sent is always looked at.
 * @throws OAuthError
 */
export async function identifyClient(
  { authenticateClient }: Pick<Context, 'authenticateClient'>,
  grant: TokenGrant,
  authorization: string | undefined,
  params: Params,
): Promise<Client> {
  const sendsProof = [authorization, params.client_secret, params.client_assertion].some((proof) => proof !== undefined)
  const shown = sendsProof ? undefined : await grant.identify?.(params)
  return shown ?? authenticateClient(authorization, params)
}
