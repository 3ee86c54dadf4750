import type { Context } from '../../context.ts'
import type { Params } from '../../http/params.ts'
import { isAdmitted } from '../../oauth/admission.ts'
import type { Client } from '../../oauth/client.ts'
import { OAuthError } from '../../oauth/error.ts'
import type { Identity } from '../../oauth/identity.ts'
import type { Resource, Resources } from '../../oauth/resource.ts'
import { clientScopes } from '../client-scopes.ts'
import type { StandingTokenAsk } from '../issue-standing-token.ts'
import { requireConfidential } from '../require-confidential.ts'
import { requireUse, targetOf } from '../target.ts'
import { readIdJag, spendIdJag } from './id-jag.ts'
import { personOf } from './id-jag-person.ts'
import { refuseClaim, type VerifiedAssertion } from './verify-assertion.ts'

/**
 * What an identity assertion brings: a person, let in by ALLOWED_USERS and `allow` like everybody, and no more than both the
 * assertion and the request say. It is spent last, so that whoever asked for the wrong thing may ask again.
 * @throws OAuthError
 */
export async function byIdJag(
  context: Pick<Context, 'config' | 'stores' | 'resources' | 'clock'>,
  assertion: VerifiedAssertion,
  client: Client,
  params: Params,
  jkt: string | undefined,
): Promise<StandingTokenAsk> {
  const { config, resources } = context
  // "This specification SHOULD only be supported for confidential clients": else anybody could present one in its name.
  requireConfidential(client, 'present identity assertions')
  const allowed = readIdJag(assertion, client, context, jkt)
  const identity = personOf(assertion, config)
  if (!isAdmitted(config.ALLOWED_USERS, identity)) {
    throw refuseClaim('its person is not on the list of those who may use this gateway', 'not_on_allowed_users')
  }
  const resource = resourceWithin(resources, allowed.resources, params.resource, identity)
  const scopes = clientScopes(client, resource, params.scope, allowed.scopes)
  await spendIdJag(context, assertion)
  return { client, identity, resource, scopes, via: 'jwt_bearer', jkt }
}

/** The one that is asked for, of those that the assertion names, or of all when it names the root; else the only one it names. */
function resourceWithin(
  resources: Resources,
  allowed: readonly Resource[],
  requested: string | undefined,
  person: Identity,
): Resource {
  const [only] = allowed
  if (requested === undefined && only && allowed.every((resource) => resource === only)) {
    requireUse(only, person)
    return only
  }
  const asked = targetOf(resources, requested, person)
  if (allowed.includes(asked) || allowed.includes(resources.root)) return asked
  throw new OAuthError('invalid_target', 'the assertion is not for that resource', { reason: 'resource_outside_assertion' })
}
