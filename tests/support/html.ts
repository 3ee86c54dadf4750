/** What a person can do on a page: forms with their fields and buttons, links, and where it goes on by itself. */
export interface Page {
  readonly title: string
  /** The visible text, white space folded. */
  readonly text: string
  readonly forms: readonly Form[]
  readonly links: readonly Link[]
  /** Target of `<meta http-equiv="refresh">`. */
  readonly refresh: string | undefined
  /** `<meta name="referrer">`. */
  readonly referrerPolicy: string | undefined
}

export interface Form {
  readonly method: 'GET' | 'POST'
  /** As written; '' = the page's own address. */
  readonly action: string
  /** Everything that is sent whichever button is pressed. */
  readonly fields: readonly Field[]
  readonly buttons: readonly Button[]
}

interface Field {
  readonly name: string
  readonly type: string
  readonly value: string
}

export interface Button {
  readonly name: string | undefined
  readonly value: string
  readonly text: string
  /** `formaction`, which beats the form's own. */
  readonly action: string | undefined
}

interface Link {
  readonly id: string | undefined
  readonly href: string
  readonly text: string
}

type Attributes = Readonly<Record<string, string>>

const TAG =
  /<!--[\s\S]*?-->|<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s"'>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?|\s*\/)*)\s*>/g
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g
const INVISIBLE = /<(script|style|svg|template|title)\b[\s\S]*?<\/\1\s*>/gi

/** Reads a page as a browser without JavaScript would, as far as plain server-rendered pages go. */
export function readPage(html: string): Page {
  const forms: { method: 'GET' | 'POST'; action: string; fields: Field[]; buttons: Button[] }[] = []
  const links: Link[] = []
  let current: (typeof forms)[number] | undefined
  let refresh: string | undefined
  let referrerPolicy: string | undefined
  for (const match of html.matchAll(TAG)) {
    const [whole, slash, rawName, rawAttributes] = match
    if (rawName === undefined) continue
    const name = rawName.toLowerCase()
    if (slash === '/') {
      if (name === 'form') current = undefined
      continue
    }
    const attributes = readAttributes(rawAttributes ?? '')
    const after = (): string => textOf(html.slice(match.index + whole.length).split(`</${rawName}`)[0] ?? '')
    if (name === 'meta') {
      if (attributes['http-equiv']?.toLowerCase() === 'refresh') refresh = refreshTarget(attributes.content ?? '')
      if (attributes.name?.toLowerCase() === 'referrer') referrerPolicy = attributes.content
    } else if (name === 'a' && attributes.href !== undefined) {
      links.push({ id: attributes.id, href: attributes.href, text: after() })
    } else if (name === 'form') {
      current = {
        method: attributes.method?.toUpperCase() === 'POST' ? 'POST' : 'GET',
        action: attributes.action ?? '',
        fields: [],
        buttons: [],
      }
      forms.push(current)
    } else if (current) readControl(current, name, attributes, after)
  }
  return {
    title: textOf(/<title[^>]*>([\s\S]*?)<\/title/i.exec(html)?.[1] ?? ''),
    text: textOf(html.replaceAll(INVISIBLE, ' ')),
    forms,
    links,
    refresh,
    referrerPolicy,
  }
}

function readControl(
  form: { fields: Field[]; buttons: Button[] },
  name: string,
  attributes: Attributes,
  text: () => string,
): void {
  if (attributes.disabled !== undefined) return
  const type = (attributes.type ?? (name === 'button' ? 'submit' : 'text')).toLowerCase()
  if ((name === 'button' && type === 'submit') || (name === 'input' && (type === 'submit' || type === 'image'))) {
    const label = name === 'button' ? text() : (attributes.value ?? '')
    form.buttons.push({ name: attributes.name, value: attributes.value ?? '', text: label, action: attributes.formaction })
  } else if (name === 'input' && attributes.name !== undefined) {
    const isOff = (type === 'checkbox' || type === 'radio') && attributes.checked === undefined
    if (!isOff) form.fields.push({ name: attributes.name, type, value: attributes.value ?? (type === 'checkbox' ? 'on' : '') })
  } else if (name === 'textarea' && attributes.name !== undefined) {
    form.fields.push({ name: attributes.name, type: 'textarea', value: text() })
  }
}

function readAttributes(source: string): Attributes {
  const attributes: Record<string, string> = {}
  for (const [, name = '', double, single, bare] of source.matchAll(ATTRIBUTE)) {
    attributes[name.toLowerCase()] ??= decodeEntities(double ?? single ?? bare ?? '')
  }
  return attributes
}

/** `0; url=https://…`, quotes allowed (HTML §4.2.5.3). */
const refreshTarget = (content: string): string | undefined =>
  /^\s*[\d.]+\s*[;,]\s*url\s*=\s*(["']?)(.*)\1\s*$/i.exec(content)?.[2]

const textOf = (html: string): string => decodeEntities(html.replaceAll(TAG, ' ')).replaceAll(/\s+/g, ' ').trim()

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  rarr: '→',
  middot: '·',
}

const decodeEntities = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-fA-F]+)|#(\d+)|([a-zA-Z]+));/g, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return ENTITIES[name] ?? whole
  })
