import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import type { IdentityProvider } from '../identity/identity-provider.ts'
import type { PasswordSignIn } from '../identity/password.ts'

/** What the steps from /authorize to the code use. */
export type AuthorizeContext = Pick<Context, 'config' | 'stores' | 'clients' | 'resources' | 'clock' | 'secrets' | 'metrics'> & {
  readonly providers: readonly IdentityProvider[]
  /** Absent when nobody signs in by password. */
  readonly passwordSignIn?: PasswordSignIn
}

/** Paths of this step, with PUBLIC_URL's own in front: what forms and redirects name. */
export const pathsOf = ({ publicPath }: Pick<Config, 'publicPath'>) => ({
  signIn: `${publicPath}/sign-in`,
  consent: `${publicPath}/consent`,
  signOut: `${publicPath}/sign-out`,
  account: `${publicPath}/account`,
})

/** What pages call this gateway. */
export const gatewayName = ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): string => PUBLIC_URL.replace(/^https?:\/\//, '')
