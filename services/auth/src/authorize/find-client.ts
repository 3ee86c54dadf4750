import type { ClientDirectory } from '../clients/client-directory.ts'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'

/**
 * The client that asks. RFC 6749 §4.1.2.1: "If the request fails due to a missing, invalid, or mismatching redirection URI,
 * or if the client identifier is missing or invalid, the authorization server SHOULD inform the resource owner of the error
 * and MUST NOT automatically redirect".
 * @throws OAuthError `invalid_client` with 400 (not 401): FastMCP and mcp-remote register again on exactly that
 */
export async function findClient(clients: ClientDirectory, clientId: string | undefined): Promise<Client> {
  if (clientId === undefined) {
    throw new OAuthError('invalid_request', 'client_id is missing', { reason: 'client_id_missing' })
  }
  const client = await clients.find(clientId).catch((error: unknown) => {
    throw error instanceof OAuthError ? unknownClient(error.message, error.reason, error) : error
  })
  if (!client) throw unknownClient('this client is not known here; register it again', 'client_unknown')
  return client
}

const unknownClient = (description: string, reason: string, cause?: unknown): OAuthError =>
  new OAuthError('invalid_client', description, { reason, status: 400, cause })
