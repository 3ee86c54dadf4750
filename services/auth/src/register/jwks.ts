import { z } from 'zod'

const KEYS_LIMIT = 10
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

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
