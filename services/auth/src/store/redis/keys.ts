/**
 * Every key of ours, described for operators in docs/storage.md. Each script and each multi-step write touches exactly
 * one of them, so that Redis Cluster may put them on any node.
 */
export const PREFIXES = {
  grant: 'gh:grant:',
  subjectGrants: 'gh:subject-grants:',
  clientGrants: 'gh:client-grants:',
  client: 'gh:client:',
  clientFingerprint: 'gh:client-fingerprint:',
  unusedClients: 'gh:unused-clients',
  session: 'gh:session:',
  subjectSessions: 'gh:subject-sessions:',
  signIn: 'gh:sign-in:',
  decision: 'gh:decision:',
  approvals: 'gh:approvals:',
  throttle: 'gh:throttle:',
  expiring: 'gh:expiring:',
  signingKeys: 'gh:signing-keys',
} as const

/** Pub/sub channel of ended grants; the message is the grant's id. */
export const REVOCATIONS_CHANNEL = 'gh:revoked'
