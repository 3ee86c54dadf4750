import { z } from 'zod'
import { publicJwks } from '../../clients/metadata-schema.ts'
import { clientMetadata } from '../../register/client-metadata.ts'

/** The very schema that judges a registration. */
export const registrationRequest = clientMetadata.meta({
  id: 'ClientMetadata',
  description: 'RFC 7591 §2. Members that are null or empty count as left out; others than these are ignored.',
})

/** RFC 7592 §2.2: the whole metadata anew, and whose it is. */
export const updateRequest = clientMetadata
  .extend({
    client_id: z.string().describe("The client's own."),
    client_secret: z.string().optional().describe('If sent, the one that was issued.'),
  })
  .meta({ id: 'ClientUpdate', description: 'RFC 7592 §2.2. What is left out is gone.' })

export const clientInformation = z
  .strictObject({
    client_id: z.string(),
    client_id_issued_at: z.int(),
    client_secret: z.string().optional().describe('Only in the answer that made it.'),
    client_secret_expires_at: z.literal(0).optional().describe('With a secret; it does not expire.'),
    registration_access_token: z.string(),
    registration_client_uri: z.string(),
    redirect_uris: z.array(z.string()).describe('Empty for a client that signs in by a device code alone.'),
    token_endpoint_auth_method: z.string(),
    grant_types: z.array(z.string()).min(1),
    response_types: z.array(z.string()),
    scope: z.string().optional(),
    client_name: z.string().optional(),
    client_uri: z.string().optional(),
    logo_uri: z.string().optional(),
    policy_uri: z.string().optional(),
    tos_uri: z.string().optional(),
    jwks_uri: z.string().optional(),
    jwks: publicJwks.optional(),
    contacts: z.array(z.string()).optional(),
    software_id: z.string().optional(),
    software_version: z.string().optional(),
    application_type: z.string().optional(),
    token_endpoint_auth_signing_alg: z.string().optional(),
    dpop_bound_access_tokens: z.boolean().optional(),
    require_pushed_authorization_requests: z.boolean().optional(),
  })
  .meta({ id: 'ClientInformation', description: 'RFC 7591 §3.2.1, RFC 7592 §3: everything that is registered.' })
