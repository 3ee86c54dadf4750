import type { Client } from '../oauth/client.ts'
import { redirectDestination } from '../oauth/redirect-uri.ts'
import { clientLabel } from './claims.ts'
import { type Html, html } from './html.ts'
import { providerIcon } from './icons.ts'
import type { Page } from './layout.ts'
import { nameTag } from './name-tag.ts'

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
  readonly asker?: { readonly client: Client; readonly redirectUri: string; readonly resourceLabel: string }
  /** What for, when the person came by themselves. */
  readonly purpose?: string
  /** Why the last attempt did not work. */
  readonly fault?: string
}

/** Every way to sign in, and on whose behalf. */
export const signInPage = (view: SignInView): Page => ({
  title: 'Sign in',
  gateway: view.gateway,
  body: html`<h1>Sign in</h1>
${view.asker ? introduce(view.asker) : html`<p class="soft">${view.purpose ?? 'to see and manage what you have connected.'}</p>`}
${view.providers.length > 0 && providerForm(view)}
${view.providers.length > 0 && view.hasPassword && html`<p class="or">or</p>`}
${view.hasPassword && passwordForm(view)}
${view.providers.length === 0 && !view.hasPassword && html`<p class="fault">The operator has not set up any way to sign in.</p>`}`,
})

const introduce = ({ client, redirectUri, resourceLabel }: NonNullable<SignInView['asker']>): Html =>
  html`<p><b>${clientLabel(client)}</b> ${nameTag(client)} asks to use ${resourceLabel}.</p>
<p class="soft small">You decide after signing in. Then you go back to <b>${redirectDestination(redirectUri).text}</b>.</p>`

const hiddenFields = (hidden: SignInView['hidden']): Html[] =>
  Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)

const providerForm = ({
  action,
  hidden,
  providers,
}: SignInView): Html => html`<form class="stack" method="post" action="${action}">
${hiddenFields(hidden)}
${providers.map(({ id, label }) => html`<button class="button" name="provider" value="${id}">${providerIcon(id)}Sign in with ${label}</button>`)}
</form>`

const passwordForm = (view: SignInView): Html => {
  const mayFocus = view.providers.length === 0 || view.fault !== undefined
  return html`<form method="post" action="${view.action}">
${hiddenFields(view.hidden)}
<label class="text" for="password">Operator password</label>
<input id="password" type="password" name="password" autocomplete="current-password" required aria-describedby="about-password"
${mayFocus && html` autofocus`}${view.fault !== undefined && html` aria-invalid="true"`}>
<div id="about-password">${view.fault === undefined ? hint(view) : html`<p class="fault" role="alert">${view.fault}</p>`}</div>
<div class="stack"><button class="button primary">Sign in</button></div>
</form>`
}

const hint = ({ passwordHint }: SignInView): Html | undefined =>
  passwordHint === undefined ? undefined : html`<p class="soft small">${passwordHint}</p>`
