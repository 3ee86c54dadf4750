/** A person, as an identity provider vouched for them. */
export interface Identity {
  /** Provider id and the provider's immutable id of the person: `github:583231`. Never a login or an address, which change hands. */
  readonly subject: string
  /** `github`, `google`, `microsoft`, `oidc`, or `password` for the operator. */
  readonly provider: string
  /** Login or preferred user name; may change hands at the provider. */
  readonly login?: string
  readonly name?: string
  /** Only ever an address that the provider says it verified. */
  readonly email?: string
  /** Group names as the provider's token lists them. */
  readonly groups: readonly string[]
  /** GitHub organisations, lower case. */
  readonly organizations: readonly string[]
  /** GitHub teams as `org/team`, lower case. */
  readonly teams: readonly string[]
}
