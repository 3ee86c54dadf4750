import type { Config } from '../config.ts'
import type { OAuthErrorCode } from '../oauth/error.ts'
import { redirectDestination } from '../oauth/redirect-uri.ts'
import { wayOn } from '../pages/error.ts'
import type { Html } from '../pages/html.ts'
import { pathsOf } from './authorize-context.ts'
import { responseUrl } from './response-url.ts'
import type { Destination } from './show-sign-in.ts'

/** Address of the sign-in page for the same destination. */
export function signInAgain(
  config: Pick<Config, 'publicPath'>,
  destination: { readonly kind: 'authorize'; readonly sealed: string } | { readonly kind: 'page'; readonly path: string },
  { chooseAccount = false }: { readonly chooseAccount?: boolean } = {},
): string {
  const query = new URLSearchParams(
    destination.kind === 'authorize' ? { request: destination.sealed } : { return_to: destination.path },
  )
  if (chooseAccount) query.set('choose_account', 'yes')
  return `${pathsOf(config).signIn}?${query}`
}

/** A link that tells the client that nothing came of it; none when no client waits. */
export function wayBack(
  { PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>,
  destination: Destination,
  error: OAuthErrorCode,
  description: string,
): Html[] {
  if (destination.kind === 'page') return []
  const { redirectUri, state } = destination.request
  const location = responseUrl(PUBLIC_URL, redirectUri, state, { error, error_description: description })
  return [wayOn(location, `Return to ${redirectDestination(redirectUri).text}`)]
}
