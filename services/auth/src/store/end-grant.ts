import type { Stores } from './stores.ts'

/**
 * Ends a grant everywhere: its refresh tokens at once, its access tokens within milliseconds on every replica. Publishes
 * whether there was a grant or not, so that a second try after a fault completes the first.
 * @returns whether there was one
 */
export async function endGrant(
  { grants, revocations }: Pick<Stores, 'grants' | 'revocations'>,
  grantId: string,
): Promise<boolean> {
  const existed = await grants.revoke(grantId)
  await revocations.publish(grantId)
  return existed
}
