import type { Client } from '../oauth/client.ts'
import { isConfidential } from '../oauth/confidential.ts'
import { OAuthError } from '../oauth/error.ts'

/** @param what - that it may not, as the end of a sentence. @throws OAuthError `unauthorized_client` */
export function requireConfidential(client: Client, what: string): void {
  if (isConfidential(client)) return
  throw new OAuthError('unauthorized_client', `a client without a secret or a key may not ${what}`, { reason: 'client_public' })
}

/**
 * Only what the operator's file lists: nothing that anybody can register for, or write into a document of their own, is enough.
 * @throws OAuthError `unauthorized_client`
 */
export function requireConfigured(client: Client, what: string): void {
  if (client.source === 'configured') return
  throw new OAuthError('unauthorized_client', `only clients that the operator lists may ${what}`, {
    reason: 'client_not_configured',
  })
}
