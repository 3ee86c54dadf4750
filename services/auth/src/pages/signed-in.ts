import type { Identity } from '../oauth/identity.ts'
import { csrfField } from './csrf-field.ts'
import { html } from './html.ts'
import type { Page } from './layout.ts'
import { personLabel } from './person-label.ts'

export const signedInPage = (view: {
  readonly gateway: string
  readonly identity: Identity
  /** Of GET /account. */
  readonly account: string
  /** Of POST /sign-out. */
  readonly action: string
  readonly token: string
}): Page => ({
  title: 'Signed in',
  gateway: view.gateway,
  body: html`<h1>You are signed in</h1>
<dl><div><dt>You are</dt><dd>${personLabel(view.identity)}</dd></div></dl>
<div class="stack"><a class="button primary" href="${view.account}">What you have connected</a></div>
<form class="stack" method="post" action="${view.action}">
${csrfField(view.token)}
<button class="button">Sign out</button>
</form>`,
})
