import type { Context } from '../context.ts'
import { OAuthError } from '../oauth/error.ts'
import { JWT_BEARER_GRANT_TYPE } from '../oauth/grant-types.ts'
import { byIdJag } from './assertions/by-id-jag.ts'
import { byWorkload, identifyWorkload } from './assertions/by-workload.ts'
import { ID_JAG_TYPE } from './assertions/id-jag.ts'
import { type AssertionTrust, typeOfAssertion, verifyAssertion } from './assertions/verify-assertion.ts'
import { issueStandingToken } from './issue-standing-token.ts'
import type { TokenGrant } from './token-grant.ts'

/**
 * `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` (RFC 7523 §2.1), with a JWT of an issuer that the operator trusts. Two
 * kinds, told apart by `typ`:
 *
 * - an identity assertion (ID-JAG): a company's identity provider says that this client may act for this person here. Each is
 *   good once.
 * - a platform's token for a workload (Kubernetes, GitHub Actions, SPIFFE): it stands for a client of the operator's file, which
 *   then needs no secret. It may be presented as often as it lives: a platform hands one out for an hour and means it to be used.
 */
export function jwtBearerGrant(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'clients' | 'resources'> & AssertionTrust,
): TokenGrant {
  const verify = (assertion: string) => verifyAssertion(assertion, context)
  return {
    grantType: JWT_BEARER_GRANT_TYPE,
    identify: async ({ assertion, client_id: clientId }) => {
      if (assertion === undefined) throw missing()
      if (typeOfAssertion(assertion) === ID_JAG_TYPE) return undefined
      return identifyWorkload(context, await verify(assertion), clientId)
    },
    redeem: async ({ params, client, log, jkt }) => {
      if (params.assertion === undefined) throw missing()
      const assertion = await verify(params.assertion)
      const by = typeOfAssertion(params.assertion) === ID_JAG_TYPE ? byIdJag : byWorkload
      const ask = await by(context, assertion, client, params, jkt)
      const { answer, grantId } = await issueStandingToken(context, ask)
      const { iss: issuer, sub: assertedSubject } = assertion.claims
      const { subject } = ask.identity
      log.info(
        { event: 'assertion_accepted', client: client.clientId, subject, grant: grantId, issuer, assertedSubject },
        'assertion accepted',
      )
      return answer
    },
  }
}

const missing = (): OAuthError => new OAuthError('invalid_request', 'assertion is missing', { reason: 'assertion_missing' })
