import { timeTag } from './account-time.ts'
import { TOKEN_NAME_MAX_LENGTH } from './account-tokens.ts'
import { readableClaim } from './claims.ts'
import { html } from './html.ts'
import { CHECK } from './icons.ts'
import type { Page } from './layout.ts'

/** A new token, the only time that anybody sees it. */
export const personalTokenShownPage = (view: {
  readonly gateway: string
  readonly account: string
  readonly name: string
  readonly token: string
  /** Ready to be run. */
  readonly examples: readonly { readonly label: string; readonly command: string }[]
  /** Unix seconds. */
  readonly expiresAt: number
  /** Unix seconds. */
  readonly now: number
}): Page => ({
  title: 'Your new token',
  gateway: view.gateway,
  body: html`<h1>${CHECK}Your new token</h1>
<p class="note">Copy it now: it is not shown again. Whoever has it acts as you, so keep it like a password.</p>
<label class="text" for="token">${readableClaim(view.name, TOKEN_NAME_MAX_LENGTH)}</label>
<textarea id="token" rows="2" readonly autocomplete="off" spellcheck="false" aria-describedby="about-token">${view.token}</textarea>
<p class="soft small" id="about-token">Ends ${timeTag(view.expiresAt, view.now)}.</p>
${view.examples.map(
  ({ label, command }) => html`<h2>${label}</h2>
<pre><code>${command}</code></pre>`,
)}
<div class="stack"><a class="button primary" href="${view.account}">Done</a></div>`,
})
