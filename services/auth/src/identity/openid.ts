import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  type Configuration,
  clockTolerance,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from 'openid-client'
import type { Identity } from '../oauth/identity.ts'
import { FOREIGN_CLOCK_SKEW_SECONDS } from '../oauth/lifetimes.ts'
import { isLoopbackHost } from '../oauth/redirect-uri.ts'
import { sha256 } from '../oauth/secret.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { openidFault } from './openid-fault.ts'
import { withSignal } from './with-signal.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface OpenIdOptions {
  readonly id: string
  readonly label: string
  readonly issuer: string
  readonly clientId: string
  /** undefined = a public client; PKCE protects it. */
  readonly clientSecret?: string | undefined
  readonly scope: string
  /** What makes the person be asked which account. */
  readonly chooseAccountPrompt: 'select_account' | 'login'
  /** Who the claims are about; `sub` is checked to be there and to be one person's in every set. */
  identify(claims: readonly Claims[]): Identity
}

/** One request to the provider; the caller's signal bounds all of them together. */
const REQUEST_TIMEOUT_SECONDS = 8

/**
 * Any OpenID Connect provider. Its metadata is read at the first sign-in and again after a fault, so that a provider which is
 * down never keeps the gateway from starting. PKCE and nonce always; ID tokens are checked by signature, although they
 * come over TLS (OpenID Connect Core §3.1.3.7).
 */
export function createOpenId(options: OpenIdOptions): IdentityProvider {
  const issuer = new URL(options.issuer)
  const authentication = options.clientSecret === undefined ? None() : ClientSecretPost(options.clientSecret)
  let known: Promise<Configuration> | undefined

  const configuration = (): Promise<Configuration> => {
    known ??= discovery(issuer, options.clientId, { [clockTolerance]: FOREIGN_CLOCK_SKEW_SECONDS }, authentication, {
      timeout: REQUEST_TIMEOUT_SECONDS,
      execute: [enableNonRepudiationChecks, ...(isLoopbackHost(issuer.hostname) ? [allowInsecureRequests] : [])],
    })
    return known
  }

  /** Runs one step; after a fault the metadata is read again, in case the provider moved. */
  async function attempt<Result>(signal: AbortSignal, step: (config: Configuration) => Promise<Result>): Promise<Result> {
    try {
      return await withSignal(signal, configuration().then(step))
    } catch (cause) {
      const fault = openidFault(options.label, cause)
      if (fault.fault !== 'denied') known = undefined
      throw fault
    }
  }

  return {
    id: options.id,
    label: options.label,
    loginUrl: ({ state, nonce, redirectUri, codeVerifier, chooseAccount }, signal) =>
      attempt(signal, async (config) =>
        buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope: options.scope,
          state,
          nonce,
          code_challenge: sha256(codeVerifier),
          code_challenge_method: 'S256',
          ...(chooseAccount ? { prompt: options.chooseAccountPrompt } : {}),
        }),
      ),
    completeLogin: ({ state, nonce, redirectUri, codeVerifier }, callback, signal) =>
      attempt(signal, async (config) => {
        const url = new URL(redirectUri)
        url.search = callback.toString()
        const tokens = await authorizationCodeGrant(config, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (!claims) throw new Error('no ID token')
        const userInfo =
          config.serverMetadata().userinfo_endpoint === undefined
            ? undefined
            : await fetchUserInfo(config, tokens.access_token, claims.sub)
        return options.identify(userInfo ? [claims, userInfo] : [claims])
      }),
  }
}
