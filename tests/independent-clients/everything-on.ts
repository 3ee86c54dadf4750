import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { startTokenIssuer } from '../support/token-issuer.ts'

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const REDIRECT_URI = 'http://127.0.0.1:53123/callback'

export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const

export interface EverythingOn {
  readonly gateway: Gateway
  /** Of the operator, with a secret: `client_credentials`, token exchange, introspection. */
  readonly machine: { readonly client_id: string; readonly secret: string }
  /** Of the operator, each with a key of its own: algorithm → its private half. The client_id is `keyed-ALGORITHM`. */
  readonly keys: Readonly<Record<string, CryptoKey>>
  /** An identity provider that the operator trusts, for JWT bearer. */
  readonly company: Awaited<ReturnType<typeof startTokenIssuer>>
  close(): Promise<void>
}

/** A gateway that advertises everything it can. @param path - what PUBLIC_URL has after the host */
export async function startEverythingOn(path = ''): Promise<EverythingOn> {
  const company = await startTokenIssuer()
  const keys: Record<string, CryptoKey> = {}
  const keyed: object[] = []
  for (const alg of ASSERTION_ALGORITHMS) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    keys[alg] = privateKey
    const jwk = { ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' }
    keyed.push({ client_id: `keyed-${alg}`, jwks: { keys: [jwk] }, grant_types: ['client_credentials'] })
  }
  const machine = { client_id: 'machine', secret: clientSecretOf('machine') }
  const gateway = await startGateway(
    {
      ALLOWED_USERS: 'group:staff',
      CLIENTS_CONFIG: writeClientsFile({
        clients: [
          {
            client_id: machine.client_id,
            client_secret: machine.secret,
            grant_types: ['client_credentials', EXCHANGE, JWT_BEARER],
          },
          ...keyed,
        ],
        issuers: [{ issuer: company.issuer, id_jag: true }],
      }),
    },
    { path },
  )
  return {
    gateway,
    machine,
    keys,
    company,
    close: async () => {
      await gateway.close()
      await company.close()
    },
  }
}
