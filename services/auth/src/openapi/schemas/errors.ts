import { z } from 'zod'

/** RFC 6749 §5.2; never another member, never null. */
export const errorAnswer = z
  .strictObject({
    error: z
      .string()
      .regex(/^[a-z_]+$/)
      .describe('A code of the RFC that the endpoint follows; `not_found` for paths that are none.'),
    error_description: z
      .string()
      .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
      .describe('A sentence a person can act on.'),
  })
  .meta({ id: 'Error', description: 'A refusal (RFC 6749 §5.2). The reason that is only for the operator is in the log.' })
