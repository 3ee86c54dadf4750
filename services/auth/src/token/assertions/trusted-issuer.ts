import type { JWTVerifyGetKey } from 'jose'

/** An issuer that the operator's file names: what its JWTs are good for here. */
export interface TrustedIssuer {
  readonly issuer: string
  /** Absent = as its discovery document says. */
  readonly jwksUri?: string
  /** Its identity assertions bring people in. */
  readonly idJag: boolean
  /** Which of its workloads are which clients. */
  readonly workloads: readonly WorkloadRule[]
}

export interface WorkloadRule {
  /** A glob for `sub`. */
  readonly subject: string
  /** What `aud` must be; absent = this gateway. */
  readonly audience?: string
  readonly clientId: string
}

/** Who is trusted, and by which keys. */
export interface AssertionTrust {
  /** undefined for everybody else. Nothing is fetched. */
  find(issuer: string): TrustedIssuer | undefined
  /** @throws OAuthError `temporarily_unavailable` when they cannot be had just now */
  keysOf(issuer: TrustedIssuer): Promise<JWTVerifyGetKey>
}
