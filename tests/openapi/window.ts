import type { Gateway } from '../support/gateway.ts'
import { readPage } from '../support/html.ts'
import { form, type HttpRequest, type HttpResponse, send } from '../support/http.ts'
import type { Person } from '../support/person.ts'

type Fields = Readonly<Record<string, string>>

/** A window of a person's browser in which a test types what it likes. */
export function openWindow({ url }: Pick<Gateway, 'url'>, person?: Person) {
  const cookies = () => person?.jar.header(new URL(url), { isCrossSite: false, method: 'GET' })
  const own = (headers: HttpRequest['headers'] = {}) => ({ 'sec-fetch-site': 'same-origin', cookie: cookies(), ...headers })
  const keep = (response: HttpResponse): HttpResponse => {
    person?.jar.store(response.url, response.headers['set-cookie'] ?? [])
    return response
  }
  return {
    get: async (path: string, headers?: HttpRequest['headers']) =>
      keep(await send(new URL(path, url), { headers: own(headers) })),
    post: async (path: string, fields: Fields, headers?: HttpRequest['headers']) =>
      keep(
        await send(new URL(path, url), {
          method: 'POST',
          ...form(fields),
          headers: { ...form(fields).headers, ...own(headers) },
        }),
      ),
  }
}

/** The fields of the form on a page that goes to this path. */
export function fieldsOf({ text }: HttpResponse, action: string): Fields {
  const found = readPage(text).forms.find((candidate) => candidate.action.endsWith(action))
  if (!found) throw new Error(`no form to ${action}`)
  return Object.fromEntries(found.fields.map(({ name, value }) => [name, value]))
}
