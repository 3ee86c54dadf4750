import { redirectDestination } from '../oauth/redirect-uri.ts'
import { type Html, html } from './html.ts'

const KINDS = { web: 'a web site', app: 'an app on this device', 'this-computer': 'a program on this computer' } as const

/** Where an answer goes, in words. */
export function describeDestination(redirectUri: string): Html {
  const { kind, text } = redirectDestination(redirectUri)
  return html`<b>${text}</b><small>${KINDS[kind]}</small>`
}
