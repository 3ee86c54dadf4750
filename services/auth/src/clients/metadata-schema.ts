import { z } from 'zod'
import { redirectUriFault } from '../oauth/redirect-uri.ts'

/** Clients send one to four; Cursor three. */
const REDIRECT_URIS_LIMIT = 20
/** Room for any name, none for a wall of text on the consent page; longer ones are cut. */
const CLIENT_NAME_LENGTH = 120
const URI_LENGTH = 2048
const KEYS_LIMIT = 10
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** "Absent", as clients say it: left out, null, or an empty string. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional())

/** Control and formatting characters could turn a name on the consent page around; they vanish. */
export const clientName = z.string().transform((value) =>
  value
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, CLIENT_NAME_LENGTH)
    .toWellFormed(),
)

export const httpsUrl = z
  .string()
  .max(URI_LENGTH)
  .refine((value) => /^https:\/\/[^/\\\s]/.test(value) && URL.canParse(value), 'must be an https URL')

/** What a client may be sent back to, whoever tells us about the client. */
export const redirectUris = z
  .array(z.string(), 'must be a list of URIs')
  .min(1, 'must name at least one URI')
  .max(REDIRECT_URIS_LIMIT, `must name ${REDIRECT_URIS_LIMIT} URIs at most`)
  .superRefine((uris, context) => {
    for (const [index, uri] of uris.entries()) {
      const fault = redirectUriFault(uri)
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [index], message: fault })
    }
  })
  .transform((uris) => [...new Set(uris)])

/** A key set with public keys alone. Somebody who sends a private one has lost it, and must hear so. */
export const publicJwks = z.object({
  keys: z
    .array(z.record(z.string(), z.unknown()))
    .max(KEYS_LIMIT, `must hold ${KEYS_LIMIT} keys at most`)
    .refine((keys) => keys.every((key) => typeof key.kty === 'string'), 'must hold JSON Web Keys (RFC 7517)')
    .refine(
      (keys) => keys.every((key) => PRIVATE_MEMBERS.every((member) => !(member in key))),
      'must not hold private or secret keys',
    ),
})
