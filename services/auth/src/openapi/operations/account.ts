import { z } from 'zod'
import { FOREIGN_HOST, htmlPage, PAGE_BODY_REFUSALS, PAGE_STORE_AWAY, pageRefusal, seeOther } from '../answers.ts'
import { FORM } from '../by-client.ts'
import type { Answer, Operation } from '../operation.ts'

/** What every form of the account carries. */
const key = { csrf: z.string().describe('From the page that holds the form.'), stamp: z.string().describe('From there too.') }
const grant = z.string().optional().describe('Which one.')

const NOT_SIGNED_IN = { 303: seeOther('To sign in first.') }
const OFF: Readonly<Record<number, Answer>> = { 404: pageRefusal('The operator allows no personal access tokens.') }

const page = (path: string, id: string, summary: string, more: Pick<Operation, 'answers'> & Partial<Operation>): Operation => ({
  method: 'get',
  path,
  tag: 'account',
  id,
  summary,
  ...more,
  answers: {
    ...FOREIGN_HOST,
    ...PAGE_STORE_AWAY,
    ...NOT_SIGNED_IN,
    400: pageRefusal('A parameter came twice.'),
    ...more.answers,
  },
})

const form = (
  path: string,
  id: string,
  summary: string,
  fields: z.core.$ZodLooseShape,
  answers: Operation['answers'],
): Operation =>
  page(path, id, summary, {
    method: 'post',
    body: { mediaType: FORM, schema: z.object({ ...key, ...fields }) },
    answers: {
      ...PAGE_BODY_REFUSALS,
      400: pageRefusal('The form was open for too long, or what it asks for is not there.'),
      403: pageRefusal('The form is not of this browser or this person.'),
      ...answers,
    },
  })

export const account: readonly Operation[] = [
  page('/account', 'account', 'What a person has connected', { answers: { 200: htmlPage('The list.') } }),
  form(
    '/account/disconnect',
    'disconnect',
    'End what an app may do',
    { client: z.string().optional().describe('The app; all that it was allowed ends.'), grant },
    { 303: seeOther('Back to the account; or to sign in first.') },
  ),
  form(
    '/account/sign-out',
    'signOutEverywhere',
    'End every browser session, or everything',
    { what: z.string().describe('`browsers` or `everything`.') },
    { 200: htmlPage('Done.') },
  ),
  page('/account/tokens/new', 'newTokenPage', 'What a personal access token shall be', {
    query: z.object({ resource: z.string().optional().describe('The server it is for.') }),
    answers: { 200: htmlPage('The form; or the choice of a server.'), ...OFF },
  }),
  form(
    '/account/tokens',
    'makeToken',
    'Make a personal access token',
    { name: z.string(), resource: z.string().optional(), days: z.string().describe('Until it ends.') },
    { 200: htmlPage('The token, shown once; or the choice of a server.'), ...OFF },
  ),
  form(
    '/account/tokens/revoke',
    'revokePersonalToken',
    'Revoke a personal access token',
    { grant },
    { 303: seeOther('Back to the account; or to sign in first.') },
  ),
]
