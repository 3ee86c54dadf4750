/** Answers on the consent page, and forms that count once. Throws StoreUnavailableError when the backend does not answer. */
export interface DecisionStore {
  /**
   * Records the answer to an authorization request, once: the first caller's outcome stands, every caller gets it back.
   * @param outcome - opaque; sealed by the caller when it contains a code
   */
  decideOnce(requestId: string, outcome: string, ttlSeconds: number): Promise<{ first: boolean; outcome: string }>
  find(requestId: string): Promise<string | undefined>
}
