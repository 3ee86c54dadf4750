import type { Rule, Server } from '@gatehouse/servers'
import type { Config } from '../config.ts'
import type { IdentityProvider } from './identity-provider.ts'

/**
 * The identity providers that the configuration names, in the order of their buttons; the only place that chooses. The
 * libraries of the others are never loaded.
 */
export async function createProviders(config: Config, servers: readonly Server[]): Promise<IdentityProvider[]> {
  const providers: IdentityProvider[] = []
  if (config.GITHUB_CLIENT_ID && config.GITHUB_CLIENT_SECRET) {
    const { createGithub } = await import('./github.ts')
    providers.push(
      createGithub({
        clientId: config.GITHUB_CLIENT_ID,
        clientSecret: config.GITHUB_CLIENT_SECRET,
        url: config.GITHUB_URL,
        needsOrganizations: allRules(config, servers).some(({ kind }) => kind === 'github-org' || kind === 'github-team'),
      }),
    )
  }
  if (config.GOOGLE_CLIENT_ID && config.GOOGLE_CLIENT_SECRET) {
    const { createGoogle } = await import('./google.ts')
    providers.push(createGoogle({ clientId: config.GOOGLE_CLIENT_ID, clientSecret: config.GOOGLE_CLIENT_SECRET }))
  }
  if (config.MICROSOFT_CLIENT_ID && config.MICROSOFT_CLIENT_SECRET) {
    const { createMicrosoft } = await import('./microsoft.ts')
    providers.push(
      createMicrosoft({
        clientId: config.MICROSOFT_CLIENT_ID,
        clientSecret: config.MICROSOFT_CLIENT_SECRET,
        tenant: config.MICROSOFT_TENANT,
      }),
    )
  }
  if (config.OIDC_ISSUER && config.OIDC_CLIENT_ID) {
    const { createOidc } = await import('./oidc.ts')
    providers.push(
      createOidc({
        issuer: config.OIDC_ISSUER,
        clientId: config.OIDC_CLIENT_ID,
        clientSecret: config.OIDC_CLIENT_SECRET,
        label: config.OIDC_NAME,
        scope: config.OIDC_SCOPES,
      }),
    )
  }
  return providers
}

const allRules = (config: Config, servers: readonly Server[]): Rule[] => [
  ...config.ALLOWED_USERS,
  ...config.OPERATORS,
  ...servers.flatMap(({ allow = [] }) => allow),
]
