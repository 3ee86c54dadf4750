interface Credentials {
  readonly clientId: string
  readonly secret: string
}

/** The readings of one header, likeliest first. */
export type BasicCredentials = readonly [Credentials, ...Credentials[]]

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/**
 * Reads `Authorization: Basic`. RFC 6749 §2.3.1 wants both halves form-encoded first, Python does so, TypeScript and LibreChat
 * do not; both readings come back where they differ.
 */
export function readBasic(authorization: string): BasicCredentials | undefined {
  const encoded = BASIC.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64').replaceAll('=', '') !== encoded.replaceAll('=', '')) return undefined
  const text = bytes.toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  const raw = { clientId: text.slice(0, colon), secret: text.slice(colon + 1) }
  const clientId = decodeForm(raw.clientId)
  const secret = decodeForm(raw.secret)
  if (clientId === undefined || secret === undefined || (clientId === raw.clientId && secret === raw.secret)) return [raw]
  return [raw, { clientId, secret }]
}

function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
