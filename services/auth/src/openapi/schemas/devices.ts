import { z } from 'zod'
import { clientCredentials } from './tokens.ts'

export const deviceAuthorizationRequest = z
  .object({
    ...clientCredentials,
    client_id: z.string().optional().describe('Of a client that does not use HTTP Basic.'),
    scope: z.string().optional(),
    resource: z.string().optional().describe('The server; absent = the only one, or all that the person may use.'),
  })
  .meta({ id: 'DeviceAuthorizationRequest', description: 'RFC 8628 §3.1.' })

export const deviceAuthorizationResponse = z
  .strictObject({
    device_code: z.string(),
    user_code: z.string(),
    verification_uri: z.string(),
    verification_uri_complete: z.string(),
    verification_uri_qr: z.string().describe('Ours: the QR code of verification_uri_complete.'),
    expires_in: z.int(),
    interval: z.int().describe('Seconds between two questions at /token.'),
  })
  .meta({ id: 'DeviceAuthorizationResponse', description: 'RFC 8628 §3.2.' })
