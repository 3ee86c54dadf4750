import { z } from 'zod'
import { bodyRefusals, FOREIGN_HOST, json, PATH_FAULTS, refusal, STORE_AWAY } from '../answers.ts'
import type { Operation } from '../operation.ts'
import { clientInformation, registrationRequest, updateRequest } from '../schemas/registration.ts'

const MEDIA_TYPE = 'application/json'
const EVERY_ANSWER = { ...FOREIGN_HOST, ...STORE_AWAY }
const BAD_METADATA = {
  400: refusal(
    '`invalid_redirect_uri`, `invalid_client_metadata`, `invalid_software_statement` or `unapproved_software_statement`, naming the member.',
  ),
}
const managed = (operation: Pick<Operation, 'method' | 'id' | 'summary' | 'answers'> & Partial<Operation>): Operation => ({
  path: '/register/{clientId}',
  tag: 'registration',
  pathParams: z.object({ clientId: z.string() }),
  security: [{ registrationAccessToken: [] }],
  isForAnyOrigin: true,
  ...operation,
  answers: {
    ...PATH_FAULTS,
    401: refusal('`invalid_token`: the registration access token is missing, or not of this client.', {
      'WWW-Authenticate': '`Bearer`.',
    }),
    ...EVERY_ANSWER,
    ...operation.answers,
  },
})

export const registration: readonly Operation[] = [
  {
    method: 'post',
    path: '/register',
    tag: 'registration',
    id: 'registerClient',
    summary: 'Register a client (RFC 7591 §3)',
    body: { mediaType: MEDIA_TYPE, schema: registrationRequest },
    security: [{ initialAccessToken: [] }, {}],
    answers: {
      201: json(
        'Registered. An equal registration from the same network gets the same client until that is used.',
        clientInformation,
      ),
      ...BAD_METADATA,
      401: refusal('With REGISTRATION=token: `invalid_token`, no initial access token or one that is good for nothing.', {
        'WWW-Authenticate': '`Bearer`.',
      }),
      403: refusal('With REGISTRATION=off: `access_denied`.'),
      ...bodyRefusals(MEDIA_TYPE),
      ...EVERY_ANSWER,
    },
    isForAnyOrigin: true,
  },
  managed({
    method: 'get',
    id: 'readClient',
    summary: 'Read a registration (RFC 7592 §2.1)',
    answers: { 200: json('What is registered.', clientInformation) },
  }),
  managed({
    method: 'put',
    id: 'updateClient',
    summary: 'Replace a registration (RFC 7592 §2.2)',
    body: { mediaType: MEDIA_TYPE, schema: updateRequest },
    answers: { 200: json('What is registered now.', clientInformation), ...BAD_METADATA, ...bodyRefusals(MEDIA_TYPE) },
  }),
  managed({
    method: 'delete',
    id: 'deleteClient',
    summary: 'Remove a registration and everything people allowed it (RFC 7592 §2.3)',
    answers: {
      204: { description: 'Gone.' },
      400: refusal('There was a body, and it is broken.'),
      413: refusal('There was a body, and it is larger than 64 KiB.'),
      415: refusal('There was a body, of a type that is not known.'),
    },
  }),
]
