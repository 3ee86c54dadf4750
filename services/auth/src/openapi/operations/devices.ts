import { z } from 'zod'
import { FOREIGN_HOST, htmlPage, json, PAGE_BODY_REFUSALS, PAGE_STORE_AWAY, pageRefusal, refusal, seeOther } from '../answers.ts'
import { byClient, FORM } from '../by-client.ts'
import type { Operation } from '../operation.ts'
import { deviceAuthorizationRequest, deviceAuthorizationResponse } from '../schemas/devices.ts'

const RETRY = { 'Retry-After': 'Seconds to wait.' }
const userCode = z.string().optional().describe('As the device shows it.')

/** RFC 8628; all of it is 400 `unsupported_grant_type` with DEVICE_GRANT=off. */
export const devices: readonly Operation[] = [
  byClient({
    path: '/device_authorization',
    id: 'startDevice',
    summary: 'Begin a sign-in that is finished on another device (RFC 8628 §3.1)',
    body: { mediaType: FORM, schema: deviceAuthorizationRequest },
    answers: {
      200: json('What to show.', deviceAuthorizationResponse),
      400: refusal('`invalid_request`, `invalid_scope`, `invalid_target`, `unauthorized_client` or `unsupported_grant_type`.'),
      429: refusal('`slow_down`: too many from this address.', RETRY),
    },
  }),
  {
    method: 'get',
    path: '/device',
    tag: 'authorization',
    id: 'devicePage',
    summary: 'Enter the code of a device, or see what it asks for',
    query: z.object({ user_code: userCode }),
    answers: {
      200: htmlPage('The question, or where the code goes.'),
      303: seeOther('To sign in first.'),
      400: pageRefusal('The code does not work.'),
      403: htmlPage('This person may not use the server.'),
      429: { ...htmlPage('Too many codes.'), headers: RETRY },
      ...FOREIGN_HOST,
      ...PAGE_STORE_AWAY,
    },
  },
  {
    method: 'post',
    path: '/device',
    tag: 'authorization',
    id: 'answerDevice',
    summary: 'Answer a device',
    body: {
      mediaType: FORM,
      schema: z.object({
        user_code: userCode,
        csrf: z.string().describe('From the page that holds the form.'),
        decision: z.string().describe('`approve` or `deny`.'),
        'scope:mcp': z.string().optional().describe('A scope that the person left ticked; one such field for each.'),
      }),
    },
    answers: {
      200: htmlPage('Answered; the device goes on by itself.'),
      303: seeOther('To sign in first.'),
      400: pageRefusal('The code does not work (any more), or nothing was chosen.'),
      403: pageRefusal('The form is not of this browser, or the person may not use the server.'),
      ...PAGE_BODY_REFUSALS,
      ...FOREIGN_HOST,
      ...PAGE_STORE_AWAY,
    },
  },
  {
    method: 'get',
    path: '/device/qr',
    tag: 'tokens',
    id: 'deviceQr',
    summary: 'The QR code of `verification_uri_complete`',
    query: z.object({ user_code: z.string(), format: z.string().optional().describe('`text` for a terminal.') }),
    answers: {
      200: {
        description: 'Drawn from the code alone, whether there is such a code or not.',
        content: { 'image/svg+xml; charset=utf-8': z.string(), 'text/plain; charset=utf-8': z.string() },
      },
      400: refusal('The code is not one of ours.'),
      ...FOREIGN_HOST,
    },
    isForAnyOrigin: true,
  },
]
