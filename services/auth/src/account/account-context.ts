import type { Config } from '../config.ts'
import type { Context } from '../context.ts'

/** What the pages of the account use. */
export type AccountContext = Pick<Context, 'config' | 'stores' | 'clients' | 'resources' | 'clock' | 'metrics'>

/** Paths that forms, links and redirects of the account name, with PUBLIC_URL's own in front. */
export const accountPaths = ({ publicPath }: Pick<Config, 'publicPath'>) => ({
  account: `${publicPath}/account`,
  disconnect: `${publicPath}/account/disconnect`,
  signOutEverywhere: `${publicPath}/account/sign-out`,
  tokens: `${publicPath}/account/tokens`,
  newToken: `${publicPath}/account/tokens/new`,
  revokeToken: `${publicPath}/account/tokens/revoke`,
  signIn: `${publicPath}/sign-in`,
  signOut: `${publicPath}/sign-out`,
})

/** What pages call this gateway. */
export const gatewayName = ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): string => PUBLIC_URL.replace(/^https?:\/\//, '')
