import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Params } from '../http/params.ts'
import { OAuthError } from '../oauth/error.ts'
import { SIGN_IN_ATTEMPT_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import type { AuthorizeContext } from './authorize-context.ts'
import { callbackUrl, PROVIDER_TIMEOUT_MS } from './provider-calls.ts'
import { showProviderFault } from './show-provider-fault.ts'
import type { Destination } from './show-sign-in.ts'

/** Sends the browser to an identity provider, and remembers which browser it was. */
export async function goToProvider(
  request: FastifyRequest,
  reply: FastifyReply,
  context: AuthorizeContext,
  destination: Destination,
  browser: string,
  params: Params,
): Promise<FastifyReply> {
  const provider = context.providers.find(({ id }) => id === params.provider)
  if (!provider) throw new OAuthError('invalid_request', 'this way to sign in does not exist', { reason: 'provider_unknown' })
  const attempt = {
    state: randomSecret(),
    codeVerifier: randomSecret(),
    nonce: randomSecret(),
    redirectUri: callbackUrl(context.config, provider.id),
    chooseAccount: params.choose_account !== undefined,
  }
  try {
    const url = await provider.loginUrl(attempt, AbortSignal.timeout(PROVIDER_TIMEOUT_MS))
    await context.stores.signIns.put(
      sha256(attempt.state),
      {
        provider: provider.id,
        browserHash: sha256(browser),
        codeVerifier: attempt.codeVerifier,
        nonce: attempt.nonce,
        resume: destination.kind === 'authorize' ? { kind: 'authorize', sealedRequest: destination.sealed } : destination,
      },
      SIGN_IN_ATTEMPT_TTL_SECONDS,
    )
    return reply.header('cache-control', 'no-store').redirect(url.href, 303)
  } catch (error) {
    return showProviderFault(request, reply, context, provider, destination, error)
  }
}
