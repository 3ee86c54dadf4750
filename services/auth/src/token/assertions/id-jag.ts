import type { Context } from '../../context.ts'
import type { Client } from '../../oauth/client.ts'
import { nowSeconds } from '../../oauth/clock.ts'
import { FOREIGN_CLOCK_SKEW_SECONDS } from '../../oauth/lifetimes.ts'
import type { Resource, Resources } from '../../oauth/resource.ts'
import { parseScope } from '../../oauth/scope.ts'
import { sha256 } from '../../oauth/secret.ts'
import { refuseClaim, type VerifiedAssertion } from './verify-assertion.ts'

export const ID_JAG_TYPE = 'oauth-id-jag+jwt'

/** What an identity provider allowed: this client, these resources, these scopes. */
export interface IdJag {
  /** Those of ours. */
  readonly resources: readonly Resource[]
  /** Absent = it names none. */
  readonly scopes?: readonly string[]
}

/**
 * The claims of an Identity Assertion JWT Authorization Grant (draft-ietf-oauth-identity-assertion-authz-grant; the MCP extension
 * "Enterprise-Managed Authorization" §4.3, which makes `resource` required).
 * @throws OAuthError `invalid_grant`
 */
export function readIdJag(
  { issuer, claims }: VerifiedAssertion,
  client: Client,
  { config, resources }: { readonly config: Pick<Context['config'], 'PUBLIC_URL'>; readonly resources: Resources },
  jkt: string | undefined,
): IdJag {
  if (!issuer.idJag) throw refuseClaim('its issuer is not trusted to say who people are', 'id_jag_issuer')
  // "MAY be an array containing a single issuer identifier."
  const audience = Array.isArray(claims.aud) && claims.aud.length === 1 ? claims.aud[0] : claims.aud
  if (audience !== config.PUBLIC_URL && audience !== `${config.PUBLIC_URL}/`) {
    throw refuseClaim(`its audience must be ${config.PUBLIC_URL} and nothing else`, 'id_jag_audience')
  }
  if (claims.client_id !== client.clientId) {
    throw refuseClaim('its client_id is not the client that presents it', 'id_jag_client')
  }
  if (typeof claims.jti !== 'string' || claims.jti === '') throw refuseClaim('jti is missing', 'id_jag_jti_missing')
  if (claims.iat === undefined) throw refuseClaim('iat is missing', 'id_jag_iat_missing')
  // Okta and others know lists of scopes elsewhere; one that was read as none would be no bound at all.
  if (claims.scope !== undefined && typeof claims.scope !== 'string') throw refuseClaim('scope is no text', 'id_jag_scope')
  checkConfirmation(claims.cnf, jkt)
  const found = [claims.resource].flat().map((url) => (typeof url === 'string' ? resources.byUrl(url) : undefined))
  const ours = found.filter((resource) => resource !== undefined)
  if (ours.length === 0) throw refuseClaim('it names no resource of this gateway', 'id_jag_resource')
  return {
    resources: ours,
    ...(claims.scope === undefined ? {} : { scopes: parseScope(claims.scope) }),
  }
}

/** One that is bound to a key needs a proof by that key; a binding that cannot be read is one that nobody proves. */
function checkConfirmation(cnf: unknown, jkt: string | undefined): void {
  if (cnf === undefined) return
  const bound = (cnf as { readonly jkt?: unknown } | null)?.jkt
  if (typeof bound !== 'string' || bound !== jkt) {
    throw refuseClaim('it is bound to a key; prove it by DPoP in this request', 'id_jag_key_not_proved')
  }
}

/** Spends it: of any number of presentations, at any replica, one gets a token. @throws OAuthError `invalid_grant` */
export async function spendIdJag(
  { stores, clock }: Pick<Context, 'stores' | 'clock'>,
  { issuer, claims }: VerifiedAssertion,
): Promise<void> {
  const name = sha256(JSON.stringify(['id-jag', issuer.issuer, claims.jti]))
  // As long as it could be presented again; NumericDate may have fractions (RFC 7519 §2).
  const ttlSeconds = Math.ceil(claims.exp) + 2 * FOREIGN_CLOCK_SKEW_SECONDS - nowSeconds(clock)
  if (await stores.expiring.add('replay', name, '1', ttlSeconds)) return
  throw refuseClaim('it was used before; get a new one from its issuer', 'id_jag_replayed')
}
