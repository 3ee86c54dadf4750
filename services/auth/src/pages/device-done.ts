import { html } from './html.ts'
import { CHECK } from './icons.ts'
import type { Page } from './layout.ts'

/** The end of it: the device learns the answer by itself. */
export function deviceDonePage(view: {
  readonly gateway: string
  readonly clientLabel: string
  readonly isApproved: boolean
}): Page {
  const title = view.isApproved ? 'Allowed' : 'Not allowed'
  return {
    title,
    gateway: view.gateway,
    body: html`<h1>${view.isApproved && CHECK}${title}</h1>
<p>${
      view.isApproved
        ? html`“${view.clientLabel}” connects within a few seconds. Go on at your device.`
        : html`“${view.clientLabel}” was told no.`
    }</p>
<p class="soft">You may close this page.</p>`,
  }
}
