/** Which programs of an issuer are which client of ours. */
export interface Workload {
  /** Of the token's `sub`; `*` stands for any characters. */
  readonly subject: string
  /** Of the token's `aud`; absent = our issuer. */
  readonly audience?: string
  /** The configured client that such a program is. */
  readonly clientId: string
}

/** Somebody else who signs tokens that we take, because the operator says so. */
export interface TrustedIssuer {
  /** Byte for byte the `iss` of its tokens. */
  readonly issuer: string
  /** Of its key set, or of its discovery document, which names one: what KeySets takes, with `trusted`. */
  readonly jwksUri: string
  /** Whether its ID-JAGs (identity assertion authorization grants) sign people in. */
  readonly idJag: boolean
  readonly workloads: readonly Workload[]
}

export interface TrustedIssuers {
  readonly all: readonly TrustedIssuer[]
  find(issuer: string): TrustedIssuer | undefined
}

export const createTrustedIssuers = (issuers: readonly TrustedIssuer[]): TrustedIssuers => ({
  all: issuers,
  find: (issuer) => issuers.find((trusted) => trusted.issuer === issuer),
})
