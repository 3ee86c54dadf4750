import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** Somebody whose JWTs are trusted: a company's identity provider, a platform. Its keys are found by its discovery document. */
export interface TokenIssuer {
  readonly issuer: string
  /** Paths that were asked for, oldest first. */
  readonly requests: string[]
  /** A JWT of it, from now on for five minutes, unless the claims say otherwise. */
  sign(claims: JWTPayload, typ?: string): Promise<string>
  close(): Promise<void>
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }]
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': { keys },
    }
    const document = documents[path]
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let serial = 0
  return {
    issuer,
    requests,
    sign: (claims, typ = 'JWT') =>
      new SignJWT({ iss: issuer, jti: `jti-${serial++}`, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one', typ })
        .setIssuedAt()
        .setExpirationTime(claims.exp ?? '5m')
        .sign(privateKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
