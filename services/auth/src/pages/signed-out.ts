import { html } from './html.ts'
import type { Page } from './layout.ts'

export const signedOutPage = (view: { readonly gateway: string; readonly signIn: string }): Page => ({
  title: 'Signed out',
  gateway: view.gateway,
  body: html`<h1>Signed out</h1>
<p>This browser is signed out. Apps that you allowed before stay connected.</p>
<div class="stack"><a class="button" href="${view.signIn}">Sign in again</a></div>`,
})
