import { createHash, randomBytes } from 'node:crypto'
import { OPERATOR } from '../../services/auth/src/identity/password.ts'
import { newCode, newGrantId } from '../../services/auth/src/oauth/code.ts'
import { sha256 } from '../../services/auth/src/oauth/secret.ts'
import { json, send } from '../support/http.ts'
import type { Replicas } from './replicas.ts'
import type { Setup } from './use-replicas.ts'

const REDIRECT_URI = 'https://client.test/callback'

export interface PublicClient {
  readonly clientId: string
  readonly registrationToken: string
}

/** By /register, as a client does. */
export async function registerClient({ publicUrl }: Pick<Replicas, 'publicUrl'>): Promise<PublicClient> {
  const metadata = {
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'none',
    client_name: randomBytes(4).toString('hex'),
  }
  const response = await send(`${publicUrl}/register`, { method: 'POST', ...json(metadata) })
  if (response.status !== 201) throw new Error(`registration answered ${response.status}: ${response.text}`)
  const { client_id, registration_access_token } = response.json() as Record<string, string>
  return { clientId: client_id ?? '', registrationToken: registration_access_token ?? '' }
}

/** What a person's consent ends with, many times over: by the store's own step, without the pages. */
export async function approve({
  stores,
  replicas: { publicUrl },
  client: { clientId },
}: Setup): Promise<{ readonly code: string; readonly verifier: string; readonly grantId: string }> {
  const now = Math.floor(Date.now() / 1000)
  const grantId = newGrantId()
  const code = newCode(grantId)
  const verifier = randomBytes(32).toString('base64url')
  await stores.grants.issueCode(
    {
      id: grantId,
      clientId,
      identity: OPERATOR,
      redirectUri: REDIRECT_URI,
      scopes: ['mcp'],
      resource: `${publicUrl}/echo/mcp`,
      createdAt: now,
    },
    {
      codeHash: sha256(code),
      codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
      redirectUri: REDIRECT_URI,
      expiresAt: now + 60,
    },
  )
  return { code, verifier, grantId }
}
