import type { Gateway } from './gateway.ts'
import { type Form, readPage } from './html.ts'
import { encodeForm, send } from './http.ts'
import type { Person, Visit } from './person.ts'

type Fields = Readonly<Record<string, string>>

/** A page of the gateway, for a person who signs in by password when asked to. */
export async function openPage(gateway: Pick<Gateway, 'url'>, person: Person, path: string, password: string): Promise<Visit> {
  const arrival = await person.open(`${gateway.url}${path}`)
  if (arrival.kind !== 'page') throw new Error(`no page at ${path}`)
  const { visit } = arrival
  const hasPassword = visit.page.forms.some(({ fields }) => fields.some(({ name }) => name === 'password'))
  if (!hasPassword) return visit
  const signedIn = await person.press(visit, { name: undefined, value: '' }, { password })
  if (signedIn.kind !== 'page') throw new Error(`no page after signing in`)
  return signedIn.visit
}

/** Sends the form of a page that goes to `action` and has these fields, with others changed, and follows to the next page. */
export async function sendForm(
  person: Person,
  visit: Visit,
  action: string,
  has: Fields = {},
  changes: Fields = {},
): Promise<Visit> {
  const isMeant = (form: Form): boolean =>
    form.action.endsWith(action) &&
    Object.entries(has).every(([name, value]) => form.fields.some((field) => field.name === name && field.value === value))
  const form = visit.page.forms.find(isMeant)
  if (!form) throw new Error(`no form to ${action} with ${JSON.stringify(has)} on: ${visit.page.text}`)
  const url = new URL(form.action, visit.url)
  const response = await send(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      origin: 'null',
      cookie: person.jar.header(url, { isCrossSite: false, method: 'POST' }),
    },
    body: encodeForm({ ...Object.fromEntries(form.fields.map(({ name, value }) => [name, value])), ...changes }),
  })
  person.jar.store(url, response.headers['set-cookie'] ?? [])
  if (response.headers.location === undefined) {
    return { url, status: response.status, headers: response.headers, html: response.text, page: readPage(response.text) }
  }
  const next = await person.open(new URL(response.headers.location, url))
  if (next.kind !== 'page') throw new Error(`${action} led away`)
  return next.visit
}
