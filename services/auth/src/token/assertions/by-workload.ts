import type { Context } from '../../context.ts'
import type { Params } from '../../http/params.ts'
import type { Client } from '../../oauth/client.ts'
import { machineIdentity } from '../../oauth/machine.ts'
import { clientScopes } from '../client-scopes.ts'
import type { StandingTokenAsk } from '../issue-standing-token.ts'
import { targetOf } from '../target.ts'
import { refuseClaim, type VerifiedAssertion } from './verify-assertion.ts'
import { workloadRule } from './workload-rule.ts'

/** The names of this gateway in an assertion's `aud` (RFC 7523 §3): issuer and token endpoint. */
const audiencesOf = ({ PUBLIC_URL: issuer }: Pick<Context['config'], 'PUBLIC_URL'>): readonly string[] => [
  issuer,
  `${issuer}/`,
  `${issuer}/token`,
]

/**
 * The client that a platform's JWT shows. It needs no other proof: RFC 7521 §4.1 leaves client authentication out of this grant,
 * and so does the MCP extension for workloads (SEP-1933).
 * @throws OAuthError `invalid_grant`
 */
export async function identifyWorkload(
  { config, clients }: Pick<Context, 'config' | 'clients'>,
  assertion: VerifiedAssertion,
  clientId: string | undefined,
): Promise<Client> {
  const rule = workloadRule(assertion, clientId, audiencesOf(config))
  const client = await clients.find(rule.clientId)
  if (client?.source === 'configured') return client
  throw refuseClaim('the client that its rule names is not in the file of clients', 'workload_client_missing')
}

/** What it gets: the client, acting for itself. @throws OAuthError */
export function byWorkload(
  { config, resources }: Pick<Context, 'config' | 'resources'>,
  assertion: VerifiedAssertion,
  client: Client,
  params: Params,
  jkt: string | undefined,
): StandingTokenAsk {
  // A client that also proved itself by a secret must be the one that its assertion shows.
  workloadRule(assertion, client.clientId, audiencesOf(config))
  // What the platform calls it stands where a person's name does: in lists, and toward servers.
  const identity = machineIdentity({ clientId: client.clientId, clientName: assertion.claims.sub })
  const resource = targetOf(resources, params.resource, identity)
  return { client, identity, resource, scopes: clientScopes(client, resource, params.scope), via: 'jwt_bearer', jkt }
}
