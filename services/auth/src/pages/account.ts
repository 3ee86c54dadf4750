import type { Identity } from '../oauth/identity.ts'
import { type AppsView, appsSection } from './account-apps.ts'
import { type FormKey, keyFields } from './account-form.ts'
import { type PersonalTokensView, tokensSection } from './account-tokens.ts'
import { csrfField } from './csrf-field.ts'
import { type Html, html } from './html.ts'
import { CHECK } from './icons.ts'
import type { Page } from './layout.ts'
import { personLabel } from './person-label.ts'

export interface AccountView {
  readonly gateway: string
  readonly identity: Identity
  /** What was just done. */
  readonly notice?: string
  /** Why the last form did nothing. */
  readonly fault?: string
  readonly apps: AppsView
  /** Absent where the operator allows no personal tokens. */
  readonly tokens?: PersonalTokensView
  /** Of POST /sign-out, which ends this browser's session alone. */
  readonly signOut: { readonly action: string; readonly token: string }
  /** Of POST /account/sign-out. */
  readonly signOutEverywhere: { readonly action: string; readonly key: FormKey }
}

/** What a person has connected, and the ways to end it. */
export const accountPage = (view: AccountView): Page => ({
  title: 'Your account',
  gateway: view.gateway,
  body: html`<h1>Your account</h1>
${view.notice !== undefined && html`<p class="done" role="status">${CHECK}<span>${view.notice}</span></p>`}
${view.fault !== undefined && html`<p class="fault" role="alert">${view.fault}</p>`}
<dl><div><dt>You are</dt><dd>${personLabel(view.identity)}</dd></div></dl>
<form class="stack" method="post" action="${view.signOut.action}">
${csrfField(view.signOut.token)}
<button class="button">Sign out</button>
</form>
${appsSection(view.apps)}
${view.tokens && tokensSection(view.tokens)}
${everywhere(view)}`,
})

const everywhere = ({ signOutEverywhere: { action, key }, tokens }: AccountView): Html => html`<h2 class="part">Everywhere</h2>
<p class="soft small">For a lost device, or when somebody else may have used your account.</p>
<form class="stack" method="post" action="${action}">${keyFields(key)}
<div>
<button class="button" name="what" value="browsers" aria-describedby="about-browsers">Sign out everywhere</button>
<p class="soft small" id="about-browsers">Signs you out in every browser, this one too. Apps stay connected.</p>
</div>
<div>
<button class="button danger" name="what" value="everything" aria-describedby="about-everything">Sign out and disconnect everything</button>
<p class="soft small" id="about-everything">Does that, and ends every app’s connection${tokens && ' and every personal token'}. Nothing can be undone; each app must ask you again.</p>
</div>
</form>`
