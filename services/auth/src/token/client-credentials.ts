import type { Context } from '../context.ts'
import { machineIdentity } from '../oauth/machine.ts'
import { clientScopes } from './client-scopes.ts'
import { issueStandingToken } from './issue-standing-token.ts'
import { requireConfidential, requireConfigured } from './require-confidential.ts'
import { targetOf } from './target.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * `grant_type=client_credentials` (RFC 6749 §4.4, OAuth 2.1 §4.2; the MCP extension "OAuth Client Credentials"): a program acts
 * for itself. Only one that the operator's file lists with this grant type and that proves itself by a secret or a key; nothing
 * that anybody can register for, or write into a metadata document, is enough. Its subject can be no person's (RFC 9700 §4.15),
 * and a server's `allow` knows it as `client:ID`.
 */
export function clientCredentialsGrant(context: Pick<Context, 'config' | 'stores' | 'keys' | 'resources' | 'clock'>): TokenGrant {
  return {
    grantType: 'client_credentials',
    redeem: async ({ params, client, jkt }) => {
      requireConfigured(client, 'act for themselves')
      // "The client credentials grant type MUST only be used by confidential clients."
      requireConfidential(client, 'act for itself')
      const identity = machineIdentity(client)
      const resource = targetOf(context.resources, params.resource, identity)
      const scopes = clientScopes(client, resource, params.scope)
      const { answer } = await issueStandingToken(context, {
        ...{ client, identity, resource, scopes, jkt },
        via: 'client_credentials',
      })
      return answer
    },
  }
}
