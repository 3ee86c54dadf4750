import { html } from './html.ts'
import type { Page } from './layout.ts'

export const signedOutEverywherePage = (view: {
  readonly gateway: string
  readonly signIn: string
  readonly hasEndedEverything: boolean
}): Page => ({
  title: 'Signed out everywhere',
  gateway: view.gateway,
  body: html`<h1>Signed out everywhere</h1>
<p>Every browser is signed out. ${
    view.hasEndedEverything
      ? 'Every app is disconnected and every personal token is revoked; each app asks you again when it is next used.'
      : 'Apps that you allowed before stay connected.'
  }</p>
<div class="stack"><a class="button" href="${view.signIn}">Sign in again</a></div>`,
})
