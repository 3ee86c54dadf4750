import type { Context } from '../../context.ts'
import { standardIdentity } from '../../identity/claims.ts'
import type { Identity } from '../../oauth/identity.ts'
import { refuseClaim, type VerifiedAssertion } from './verify-assertion.ts'

/** OpenID Connect Core §2: "It MUST NOT exceed 255 ASCII characters in length." */
const SUBJECT = /^[\x20-\x7e]{1,255}$/

/**
 * Who an identity assertion is about. From the provider of OIDC_ISSUER it is the person who signs in there in a browser, with the
 * same subject: the draft wants `sub` to be what this provider's ID token for us would say. From any other issuer it is a
 * person of that issuer, of that tenant, and nobody else's namesake: the issuer is part of the subject, and the provider's
 * name is its URL, which no rule for GitHub or the operator's password matches (docs/adr/0010-who-an-assertion-makes.md).
 * @throws OAuthError `invalid_grant`
 */
export function personOf({ issuer, claims }: VerifiedAssertion, config: Pick<Context['config'], 'OIDC_ISSUER'>): Identity {
  const { sub, tenant } = claims
  if (!SUBJECT.test(sub) || !(tenant === undefined || (typeof tenant === 'string' && SUBJECT.test(tenant)))) {
    throw refuseClaim('sub or tenant is not a name', 'id_jag_subject')
  }
  if (tenant === undefined && config.OIDC_ISSUER !== undefined && isSameIssuer(issuer.issuer, config.OIDC_ISSUER)) {
    return standardIdentity('oidc', [claims])
  }
  const names = [tenant, sub].filter((name) => name !== undefined).map(encodeURIComponent)
  return {
    ...standardIdentity(issuer.issuer, [claims]),
    subject: `idjag:${issuer.issuer}#${names.join('#')}`,
  }
}

const isSameIssuer = (a: string, b: string): boolean => a.replace(/\/$/, '') === b.replace(/\/$/, '')
