import { redirectDestination } from '../oauth/redirect-uri.ts'
import { html } from './html.ts'
import { CHECK } from './icons.ts'
import type { Page } from './layout.ts'

/**
 * Takes the browser back to the client: by itself, and by a link for when the browser asks first (apps) or the program is
 * slow. A page instead of a redirect, so that no policy on form targets stands in the way.
 */
export function returnPage(view: {
  readonly gateway: string
  readonly clientLabel: string
  readonly redirectUri: string
  /** The redirect URI with the answer. */
  readonly location: string
  readonly isApproved: boolean
}): Page {
  const { kind, text } = redirectDestination(view.redirectUri)
  const title = view.isApproved ? 'Allowed' : 'Not allowed'
  return {
    title,
    gateway: view.gateway,
    refresh: view.location,
    body: html`<h1>${view.isApproved && CHECK}${title}</h1>
<p>${view.isApproved ? html`“${view.clientLabel}” may now connect.` : html`“${view.clientLabel}” was told no.`} You are being taken back to <b>${text}</b>.</p>
<div class="stack"><a class="button primary" id="continue" href="${view.location}">Continue to ${text}</a></div>
${kind !== 'web' && html`<p class="soft small">If the app has taken over, you can close this window.</p>`}`,
  }
}
