/** Tells every replica at once that grants ended. */
export interface RevocationBus {
  /** Resolves when the message is out; replicas have it within milliseconds. */
  publish(grantId: string): Promise<void>
  /**
   * @param onRevoked - a grant ended
   * @param onGap - messages may have been lost (the connection broke): distrust every cached answer
   */
  subscribe(onRevoked: (grantId: string) => void, onGap: () => void): void
}
