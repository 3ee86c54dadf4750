import { matchesGlob } from '@gatehouse/servers'
import type { Workload } from '../../clients/trusted-issuers.ts'
import { refuseClaim, type VerifiedAssertion } from './verify-assertion.ts'

/**
 * Which client a platform's JWT stands for, by the operator's rules: the first whose `subject` and audience fit, of those for the
 * client that is asked for. A rule without an audience means this gateway, so that a token that the platform made for somebody
 * else, and that somebody else was handed, opens nothing here.
 * @param clientId - the `client_id` parameter, when sent
 * @param audiences - the names of this gateway: issuer and token endpoint (RFC 7523 §3)
 * @throws OAuthError `invalid_grant`
 */
export function workloadRule(
  { issuer, claims }: VerifiedAssertion,
  clientId: string | undefined,
  audiences: readonly string[],
): Workload {
  const ofSubject = issuer.workloads.filter(({ subject }) => matchesGlob(subject, claims.sub))
  if (ofSubject.length === 0) throw refuseClaim('no rule of the operator is for its subject', 'workload_subject')
  const presented = [claims.aud].flat()
  const fitting = ofSubject.filter(({ audience }) =>
    presented.some((aud) => aud !== undefined && (audience ? aud === audience : audiences.includes(aud))),
  )
  if (fitting.length === 0) {
    throw refuseClaim(`its audience must be ${ofSubject[0]?.audience ?? audiences[0]}`, 'workload_audience')
  }
  const rule = clientId === undefined ? fitting[0] : fitting.find((each) => each.clientId === clientId)
  if (!rule) throw refuseClaim('its subject is not that client', 'workload_client')
  return rule
}
