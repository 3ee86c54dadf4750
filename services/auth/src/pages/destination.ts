import { redirectDestination } from '../oauth/redirect-uri.ts'
import { type Html, html } from './html.ts'

/** Where an answer goes, in words. */
export function describeDestination(redirectUri: string): { readonly short: string; readonly detail: Html } {
  const { kind, text } = redirectDestination(redirectUri)
  if (kind === 'web') return { short: text, detail: html`<b>${text}</b><small>a web site</small>` }
  if (kind === 'app') return { short: text, detail: html`<b>${text}</b><small>an app on this device</small>` }
  return { short: text, detail: html`<b>${text}</b><small>a program on this computer</small>` }
}
