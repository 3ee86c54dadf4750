/** Keys whose values are secrets wherever they stand. */
export const SECRET_KEYS: readonly string[] = [
  'authorization',
  'cookie',
  'password',
  'client_secret',
  'code',
  'code_verifier',
  'refresh_token',
  'access_token',
  'id_token',
  'registration_access_token',
  'device_code',
  'user_code',
  'assertion',
  'client_assertion',
  'subject_token',
  'actor_token',
  'request_uri',
  'dpop',
  'state',
  'x-auth-assertion',
  'x-signature',
  'set-cookie',
  'location',
]

export const HIDDEN = '[secret]'

/** Deep enough for a request with its headers. */
const DEPTH = 3

const secretKeys = new Set(SECRET_KEYS)

/**
 * The same facts without the values of SECRET_KEYS inside the objects that stand in them, down to DEPTH; what is there is not
 * changed. Most lines hold no object: they come back as they are, which is why this is not left to pino, whose patterns
 * with a `*` copy every line.
 */
export const hideSecretsWithin = (facts: Facts): Facts => withHidden(facts, DEPTH, () => false)

type Facts = Readonly<Record<string, unknown>>

function withHidden(facts: Facts, depth: number, isSecret: (key: string) => boolean): Facts {
  let copy: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(facts)) {
    const shown = isSecret(key) ? HIDDEN : isOpen(value) && depth > 1 ? withHidden(value, depth - 1, isSecretKey) : value
    if (shown === value) continue
    copy ??= { ...facts }
    copy[key] = shown
  }
  return copy ?? facts
}

const isSecretKey = (key: string): boolean => secretKeys.has(key)

/** Errors have a serializer of their own. */
const isOpen = (value: unknown): value is Facts => typeof value === 'object' && value !== null && !(value instanceof Error)
