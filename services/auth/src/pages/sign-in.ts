import { describeDestination } from './destination.ts'
import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'

export interface SignInView {
  readonly gateway: string
  /** Of POST /sign-in. */
  readonly action: string
  readonly hidden: Readonly<Record<string, string>>
  readonly providers: readonly { readonly id: string; readonly label: string }[]
  readonly hasPassword: boolean
  /** What to say about where the password is found; only for the operator's own machine. */
  readonly passwordHint?: string
  /** Who wants what; absent when the person came by themselves. */
  readonly asker?: { readonly clientLabel: string; readonly redirectUri: string; readonly resourceLabel: string }
  /** Why the last attempt did not work. */
  readonly fault?: string
}

/** Every way to sign in, and on whose behalf. */
export const signInPage = (view: SignInView): Page => ({
  title: 'Sign in',
  gateway: view.gateway,
  body: html`<h1>Sign in</h1>
${view.asker ? introduce(view.asker) : html`<p class="soft">to see and manage what you have connected.</p>`}
${view.fault !== undefined && html`<p class="fault" role="alert">${view.fault}</p>`}
${view.providers.length > 0 && providerForm(view)}
${view.providers.length > 0 && view.hasPassword && html`<p class="or">or</p>`}
${view.hasPassword && passwordForm(view)}
${view.providers.length === 0 && !view.hasPassword && html`<p class="fault">The operator has not set up any way to sign in.</p>`}`,
})

const introduce = ({ clientLabel, redirectUri, resourceLabel }: NonNullable<SignInView['asker']>): Html =>
  html`<p><b>${clientLabel}</b> <span class="tag">name not verified</span> asks to use ${resourceLabel}. You decide after signing in.</p>
<p class="soft small">Afterwards you go back to <b>${describeDestination(redirectUri).short}</b>.</p>`

const hiddenFields = (hidden: SignInView['hidden']): Html[] =>
  Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)

const providerForm = ({
  action,
  hidden,
  providers,
}: SignInView): Html => html`<form class="stack" method="post" action="${action}">
${hiddenFields(hidden)}
${providers.map(({ id, label }) => html`<button class="button" name="provider" value="${id}">Sign in with ${label}</button>`)}
</form>`

const passwordForm = (view: SignInView): Html => html`<form method="post" action="${view.action}">
${hiddenFields(view.hidden)}
<label class="text" for="password">Operator password</label>
<input id="password" type="password" name="password" autocomplete="current-password" required${view.providers.length === 0 && html` autofocus`}>
${view.passwordHint !== undefined && html`<p class="soft small">${view.passwordHint}</p>`}
<div class="stack"><button class="button primary">Sign in</button></div>
</form>`
