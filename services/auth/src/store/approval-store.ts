/** What a person approved before, so that they are not asked the same again. Throws StoreUnavailableError. */
export interface ApprovalStore {
  /** @param approvalKey - digest of client, redirect URI, scopes and resource */
  remember(subject: string, approvalKey: string, ttlSeconds: number): Promise<void>
  has(subject: string, approvalKey: string): Promise<boolean>
  forgetAll(subject: string): Promise<void>
}
