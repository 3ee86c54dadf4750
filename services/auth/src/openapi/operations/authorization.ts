import { z } from 'zod'
import { FOREIGN_HOST, htmlPage, PAGE_BODY_REFUSALS, PAGE_STORE_AWAY, PATH_FAULTS, pageRefusal, seeOther } from '../answers.ts'
import { FORM } from '../by-client.ts'
import type { Answer, Operation } from '../operation.ts'
import { authorizationRequest } from '../schemas/authorization.ts'

const sealed = z.string().optional().describe('An authorization request on its way, sealed.')
const csrf = z.string().describe('From the page that holds the form.')

/** `request` goes on with an authorization; without it the person ends on a page of ours. */
const signInQuery = z.object({
  request: sealed,
  return_to: z.string().optional().describe('A path of this host.'),
  choose_account: z.string().optional(),
})

const page = (operation: Pick<Operation, 'method' | 'path' | 'id' | 'summary' | 'answers'> & Partial<Operation>): Operation => ({
  tag: 'authorization',
  ...operation,
  answers: {
    ...(operation.method === 'post' ? PAGE_BODY_REFUSALS : {}),
    ...FOREIGN_HOST,
    ...PAGE_STORE_AWAY,
    ...operation.answers,
  },
})

const form = (schema: z.ZodType): NonNullable<Operation['body']> => ({ mediaType: FORM, schema })

const FAULTY = pageRefusal('A page that says what is wrong. The person is never redirected to an address that is not certain.')
const NOT_ITS_BROWSER = pageRefusal('The form or the sign-in is not of this browser, or the person may not use the gateway.')

export const authorization: readonly Operation[] = [
  {
    method: 'get',
    path: '/',
    tag: 'authorization',
    id: 'home',
    summary: 'What this is, for a person who types the address',
    answers: { 200: htmlPage('The page.'), ...FOREIGN_HOST },
  },
  page({
    method: 'get',
    path: '/authorize',
    id: 'authorize',
    summary: 'Begin a sign-in (RFC 6749 §3.1)',
    query: authorizationRequest.extend({
      request_uri: z.string().optional().describe('Of /par; with client_id and nothing else.'),
    }),
    answers: {
      200: htmlPage('The ways to sign in.'),
      303: seeOther('On to consent; or back to the client with `error`, `state` and `iss`.'),
      400: FAULTY,
    },
  }),
  page({
    method: 'post',
    path: '/authorize',
    id: 'authorizeByForm',
    summary: 'The same by a form (OAuth 2.1 §3.1)',
    body: form(authorizationRequest),
    answers: { 303: seeOther('As by GET; a form of another site brings no cookies, the redirect does.'), 400: FAULTY },
  }),
  page({
    method: 'get',
    path: '/sign-in',
    id: 'signInPage',
    summary: 'The ways to sign in',
    query: signInQuery,
    answers: { 200: htmlPage('The ways; or who is signed in.'), 400: FAULTY },
  }),
  page({
    method: 'post',
    path: '/sign-in',
    id: 'signIn',
    summary: 'Start one of them',
    body: form(
      signInQuery.extend({
        csrf,
        provider: z.string().optional().describe('The identity provider to go to.'),
        password: z.string().optional().describe("The operator's."),
      }),
    ),
    answers: {
      303: seeOther('To the provider, or on with the request.'),
      400: FAULTY,
      401: htmlPage('Wrong password.'),
      403: NOT_ITS_BROWSER,
      429: { ...htmlPage('Too many wrong passwords from this address.'), headers: { 'Retry-After': 'Seconds to wait.' } },
    },
  }),
  page({
    method: 'get',
    path: '/callback/{provider}',
    id: 'callback',
    summary: 'Back from an identity provider',
    pathParams: z.object({ provider: z.string().describe('`github`, `google`, `microsoft` or `oidc`.') }),
    query: z.object({
      state: z.string().optional(),
      code: z.string().optional(),
      error: z.string().optional(),
      iss: z.string().optional(),
    }),
    answers: {
      303: seeOther('Signed in: on to consent, or to a page.'),
      400: pageRefusal('The sign-in is unknown or over; the provider is not asked.'),
      403: pageRefusal('Another browser began it, the person said no at the provider, or may not use the gateway.'),
      404: pageRefusal('There is no such provider here.'),
      414: PATH_FAULTS[414] as Answer,
      502: htmlPage("The provider's answer could not be used."),
    },
  }),
  page({
    method: 'get',
    path: '/consent',
    id: 'consentPage',
    summary: 'Ask the person',
    query: z.object({ request: sealed }),
    answers: {
      200: htmlPage('The question; the ways to sign in; or the way back to the client for who said yes before.'),
      303: seeOther('Back to the client that asked for no question (`prompt=none`).'),
      400: FAULTY,
      403: htmlPage('This person may not use the server.'),
    },
  }),
  page({
    method: 'post',
    path: '/consent',
    id: 'consent',
    summary: 'The answer',
    body: form(
      z.object({
        request: sealed,
        csrf,
        decision: z.string().describe('`approve` or `deny`.'),
        'scope:mcp': z.string().optional().describe('A scope that the person left ticked; one such field for each.'),
      }),
    ),
    answers: {
      200: htmlPage('The way back to the client, with a code or with `access_denied`; or the ways to sign in.'),
      400: FAULTY,
      403: NOT_ITS_BROWSER,
    },
  }),
  page({
    method: 'post',
    path: '/sign-out',
    id: 'signOut',
    summary: "End this browser's session",
    body: form(z.object({ csrf, request: sealed })),
    answers: {
      200: htmlPage('Signed out.'),
      303: seeOther('To sign in as somebody else.'),
      400: FAULTY,
      403: NOT_ITS_BROWSER,
    },
  }),
]
