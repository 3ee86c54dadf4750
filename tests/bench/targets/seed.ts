import { writeFileSync } from 'node:fs'
import type { Auth } from '../../../services/auth/src/index.ts'
import { mintAccessToken } from '../../../services/auth/src/keys/access-token.ts'
import { newGrantId } from '../../../services/auth/src/oauth/code.ts'
import type { Grant } from '../../../services/auth/src/oauth/grant.ts'
import { randomSecret, sha256 } from '../../../services/auth/src/oauth/secret.ts'

export interface SeedQuestion {
  readonly server: string
  readonly tokens: number
  /** Gets a line for each token: the token, a blank, and the subject it belongs to. */
  readonly file: string
}

const LIFE_SECONDS = 3600
/** So many people, each with a grant; tokens beyond that share theirs. */
const GRANTS_LIMIT = 1000

/** Puts live grants into the store of a running authorization server and mints access tokens with its own key. */
export async function seedTokens(auth: Auth, issuer: string, { server, tokens, file }: SeedQuestion): Promise<void> {
  const resource = auth.resources.byName(server)
  if (resource === undefined) throw new Error(`no server "${server}"`)
  await auth.keys.refresh()
  const now = Math.floor(Date.now() / 1000)
  const grants: Grant[] = []
  for (let index = 0; index < Math.min(tokens, GRANTS_LIMIT); index++) {
    const subject = `bench:${String(index).padStart(6, '0')}`
    const grant: Grant = {
      id: newGrantId(),
      clientId: 'https://client.example/metadata.json',
      identity: {
        subject,
        provider: 'oidc',
        login: `person-${index}`,
        email: `person-${index}@example.com`,
        groups: [],
        organizations: [],
        teams: [],
      },
      scopes: resource.scopes,
      resource: resource.url,
      createdAt: now,
    }
    await auth.stores.grants.create(grant, { refreshHash: sha256(randomSecret()), expiresAt: now + LIFE_SECONDS })
    grants.push(grant)
  }
  const key = auth.keys.current()
  const lines: string[] = []
  for (let index = 0; index < tokens; index++) {
    const grant = grants[index % grants.length] as Grant
    const token = mintAccessToken(key, issuer, {
      grant,
      audience: resource.url,
      scopes: resource.scopes,
      issuedAt: now,
      expiresAt: now + LIFE_SECONDS,
    })
    lines.push(`${token} ${grant.identity.subject}`)
  }
  writeFileSync(file, `${lines.join('\n')}\n`)
}
