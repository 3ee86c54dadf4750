import { standardIdentity } from './claims.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { createOpenId } from './openid.ts'

/** Google accounts, personal and Workspace. Google has no groups in its tokens; rules use addresses. */
export const createGoogle = (options: { readonly clientId: string; readonly clientSecret: string }): IdentityProvider =>
  createOpenId({
    ...options,
    id: 'google',
    label: 'Google',
    issuer: 'https://accounts.google.com',
    scope: 'openid profile email',
    chooseAccountPrompt: 'select_account',
    identify: (claims) => standardIdentity('google', claims),
  })
