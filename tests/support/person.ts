import type { IncomingHttpHeaders } from 'node:http'
import { CookieJar } from './cookie-jar.ts'
import { type Button, type Form, type Page, readPage } from './html.ts'
import { encodeForm, send } from './http.ts'

export interface PersonOptions {
  /** Typed into every field called `password`. */
  readonly password?: string
  /** Chosen on the sign-in page, by id: `github`, `oidc`. */
  readonly provider?: string
  /** What is clicked on consent pages (default `approve`). */
  readonly decision?: 'approve' | 'deny'
  /** Whether the client's own redirect URI is fetched too, when it is a listener on this machine. */
  readonly deliver?: boolean
  /** The web site whose link is followed, such as `https://claude.ai`; a CLI opens the browser without one. */
  readonly from?: string
  readonly now?: () => number
}

/** A page in the window. */
export interface Visit {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly html: string
  readonly page: Page
}

/** Where a navigation ended: on a page, or at the client's redirect URI, which is not fetched. */
type Arrival = { readonly kind: 'page'; readonly visit: Visit } | { readonly kind: 'client'; readonly url: URL }

export interface Person {
  readonly jar: CookieJar
  /** Every page seen so far, oldest first. */
  readonly visits: readonly Visit[]
  /**
   * Goes the whole way from an authorization URL to the client: signs in, decides, follows.
   * @returns the redirect URI with the answer
   * @throws StuckError on a page that offers no way on
   */
  authorize(url: URL | string, redirectUri?: string): Promise<URL>
  /** One navigation, as by typing an address; ends at the first page or at `redirectUri`. */
  open(url: URL | string, redirectUri?: string): Promise<Arrival>
  /** Presses a button of a page; `fields` replace what the form has. */
  press(
    visit: Visit,
    button: Pick<Button, 'name' | 'value'>,
    fields?: Record<string, string>,
    redirectUri?: string,
  ): Promise<Arrival>
}

/** The person does not know what to do on this page; a test reads it from here. */
export class StuckError extends Error {
  override readonly name = 'StuckError'
  readonly visit: Visit
  constructor(visit: Visit) {
    super(`no way on at ${visit.url.pathname} (${visit.status}): ${visit.page.text.slice(0, 400) || visit.html.slice(0, 400)}`)
    this.visit = visit
  }
}

/** A browser stops after 20 redirects. */
const MAX_REDIRECTS = 20
/** Pages between a client's link and its redirect; ours has three. */
const MAX_PAGES = 8

const BROWSER_HEADERS = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'accept-language': 'en-GB,en;q=0.9',
  'upgrade-insecure-requests': '1',
}

interface Navigation {
  readonly method: 'GET' | 'POST'
  readonly body?: string
  /** The page it starts from; undefined = typed, or opened by a program. */
  readonly initiator?: { readonly origin: string; readonly sendsOrigin: boolean }
  /** `form-action` of the page a form was sent from: Chromium holds every hop against it. */
  readonly formAction?: string | undefined
  readonly redirectUri: string | undefined
}

/** A person with a browser that has no JavaScript, over plain HTTP. */
export function createPerson(options: PersonOptions = {}): Person {
  const jar = new CookieJar(options.now)
  const visits: Visit[] = []
  const start = options.from === undefined ? {} : { initiator: { origin: options.from, sendsOrigin: true } }

  async function navigate(first: URL, navigation: Navigation): Promise<Arrival> {
    const hops: URL[] = []
    let url = first
    let { method, body } = navigation
    while (hops.length <= MAX_REDIRECTS) {
      hops.push(url)
      checkFormAction(navigation.formAction, navigation.initiator?.origin, url)
      if (isClient(url, navigation.redirectUri)) return { kind: 'client', url }
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`the browser cannot open ${url.protocol}`)
      const site = fetchSite(navigation.initiator?.origin, hops)
      const response = await send(url, {
        method,
        headers: {
          ...BROWSER_HEADERS,
          'sec-fetch-site': site,
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
          'sec-fetch-user': '?1',
          cookie: jar.header(url, { isCrossSite: site === 'cross-site', method }),
          ...(method === 'POST'
            ? {
                origin: navigation.initiator?.sendsOrigin ? navigation.initiator.origin : 'null',
                'content-type': 'application/x-www-form-urlencoded',
              }
            : {}),
        },
        ...(body === undefined ? {} : { body }),
      })
      jar.store(url, response.headers['set-cookie'] ?? [])
      const location = response.headers.location
      if (location === undefined || response.status < 300 || response.status >= 400) {
        const visit = {
          url,
          status: response.status,
          headers: response.headers,
          html: response.text,
          page: readPage(response.text),
        }
        visits.push(visit)
        return { kind: 'page', visit }
      }
      if (response.status < 307 && method === 'POST') {
        method = 'GET'
        body = undefined
      }
      url = new URL(location, url)
    }
    throw new Error(`too many redirects, the last to ${url.pathname}`)
  }

  const from = (visit: Visit) => ({
    origin: visit.url.origin,
    // A page with `no-referrer` sends `Origin: null` even to its own site (Fetch §3.2).
    sendsOrigin: (visit.page.referrerPolicy ?? visit.headers['referrer-policy']) !== 'no-referrer',
  })

  function submit(
    visit: Visit,
    form: Form,
    button: Pick<Button, 'name' | 'value'>,
    fields: Record<string, string>,
    redirectUri?: string,
  ) {
    const values: Record<string, string> = Object.fromEntries(form.fields.map((field) => [field.name, field.value]))
    Object.assign(values, fields, button.name === undefined ? {} : { [button.name]: button.value })
    const pressed = form.buttons.find((candidate) => candidate.name === button.name && candidate.value === button.value)
    const target = new URL(pressed?.action ?? (form.action || visit.url.href), visit.url)
    const common = { initiator: from(visit), formAction: formActionOf(visit), redirectUri }
    if (form.method === 'POST') return navigate(target, { ...common, method: 'POST', body: encodeForm(values) })
    target.search = encodeForm(values)
    return navigate(target, { ...common, method: 'GET' })
  }

  function goOn(visit: Visit, redirectUri: string | undefined, done: Set<string>): Promise<Arrival> | undefined {
    const { forms, links, refresh } = visit.page
    const decision = options.decision ?? 'approve'
    for (const form of forms) {
      const answer = form.buttons.find((button) => button.name === 'decision' && button.value === decision)
      if (answer) return submit(visit, form, answer, {}, redirectUri)
    }
    const withPassword = forms.find((form) => form.fields.some((field) => field.name === 'password'))
    if (withPassword && options.password !== undefined) {
      // A second form means the first password was wrong; nobody types it twice.
      if (done.has('password')) return undefined
      done.add('password')
      return submit(
        visit,
        withPassword,
        withPassword.buttons[0] ?? { name: undefined, value: '' },
        { password: options.password },
        redirectUri,
      )
    }
    if (options.provider !== undefined && !done.has('provider')) {
      const choice = findProvider(visit.page, options.provider)
      if (choice) {
        done.add('provider')
        if ('href' in choice)
          return navigate(new URL(choice.href, visit.url), { method: 'GET', initiator: from(visit), redirectUri })
        return submit(visit, choice.form, choice.button, {}, redirectUri)
      }
    }
    const next = refresh ?? links.find((link) => link.id === 'continue')?.href
    if (next !== undefined) return navigate(new URL(next, visit.url), { method: 'GET', initiator: from(visit), redirectUri })
    return undefined
  }

  return {
    jar,
    visits,
    open: (url, redirectUri) => navigate(new URL(url), { method: 'GET', ...start, redirectUri }),
    press: (visit, button, fields = {}, redirectUri = undefined) => {
      const form = visit.page.forms.find((candidate) =>
        candidate.buttons.some((own) => own.name === button.name && own.value === button.value),
      )
      if (!form) throw new StuckError(visit)
      return submit(visit, form, button, fields, redirectUri)
    },
    authorize: async (url, redirectUri = new URL(url).searchParams.get('redirect_uri') ?? undefined) => {
      const done = new Set<string>()
      let arrival = await navigate(new URL(url), { method: 'GET', ...start, redirectUri })
      for (let page = 0; arrival.kind === 'page' && page < MAX_PAGES; page++) {
        const next = goOn(arrival.visit, redirectUri, done)
        if (!next) throw new StuckError(arrival.visit)
        arrival = await next
      }
      if (arrival.kind === 'page') throw new StuckError(arrival.visit)
      if (options.deliver && arrival.url.protocol === 'http:')
        await navigate(arrival.url, { method: 'GET', ...start, redirectUri: undefined })
      return arrival.url
    },
  }
}

/** Whether a navigation has reached the client: its redirect URI, or without one anything that carries an answer. */
function isClient(url: URL, redirectUri: string | undefined): boolean {
  if (redirectUri === undefined) return false
  const wanted = new URL(redirectUri)
  return url.protocol === wanted.protocol && url.host === wanted.host && url.pathname === wanted.pathname
}

type Choice = { readonly form: Form; readonly button: Button } | { readonly href: string }

/** The button or link that leads to a provider: by `name=provider`, by its address, or by what it says. */
function findProvider(page: Page, provider: string): Choice | undefined {
  const inAddress = (address: string | undefined) =>
    address !== undefined && new RegExp(`[/=]${provider}(?:[/?&#]|$)`).test(address)
  for (const form of page.forms) {
    const button = form.buttons.find((own) => own.value === provider || inAddress(own.action) || inAddress(form.action))
    if (button) return { form, button }
  }
  return page.links.find((link) => inAddress(link.href))
}

/** Sec-Fetch-Site (Fetch Metadata §2.3): the worst relation between the initiator and any hop. */
function fetchSite(initiator: string | undefined, hops: readonly URL[]): string {
  if (initiator === undefined) return 'none'
  const from = new URL(initiator)
  let site = 'same-origin'
  for (const hop of hops) {
    if (hop.origin === from.origin) continue
    if (siteOf(hop) !== siteOf(from)) return 'cross-site'
    site = 'same-site'
  }
  return site
}

/** Scheme and registrable domain, good enough for the names that tests use. */
const siteOf = (url: URL): string =>
  `${url.protocol}//${/^[\d.]+$|^\[/.test(url.hostname) ? url.hostname : url.hostname.split('.').slice(-2).join('.')}`

const formActionOf = (visit: Visit): string | undefined =>
  /(?:^|;)\s*form-action\s+([^;]*)/i.exec(String(visit.headers['content-security-policy'] ?? ''))?.[1]?.trim()

/** CSP `form-action`, held against every hop of a submitted form, as Chromium does. */
function checkFormAction(sources: string | undefined, self: string | undefined, url: URL): void {
  if (sources === undefined) return
  const isAllowed = sources.split(/\s+/).some((source) => {
    if (source === "'self'") return url.origin === self
    return source === '*' || source === url.protocol || source === url.origin
  })
  if (!isAllowed)
    throw new Error(`the browser blocked the form: form-action ${sources} does not allow ${url.protocol}//${url.host}`)
}
