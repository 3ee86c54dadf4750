import { scopeWords } from './account-apps.ts'
import { type FormKey, keyFields } from './account-form.ts'
import { timeTag } from './account-time.ts'
import { readableClaim } from './claims.ts'
import { type Html, html } from './html.ts'

/** A personal token without what makes it one: the secret is shown once, and not kept. */
export interface PersonalTokenView {
  readonly grantId: string
  readonly name: string
  /** What people call the resource. */
  readonly place: string
  readonly scopes: readonly string[]
  /** Unix seconds. */
  readonly createdAt: number
  /** Unix seconds. */
  readonly expiresAt: number
  /** Unix seconds; undefined = never. */
  readonly lastUsedAt: number | undefined
}

export interface PersonalTokensView {
  /** Of POST /account/tokens/revoke. */
  readonly action: string
  readonly key: FormKey
  /** Where another one is made, if it may be. */
  readonly more: { readonly href: string } | 'full' | 'off'
  readonly tokens: readonly PersonalTokenView[]
  /** How many a person may have. */
  readonly limit: number
  /** Unix seconds. */
  readonly now: number
}

/** Longer names are not taken, so none is cut. */
export const TOKEN_NAME_MAX_LENGTH = 64

/** The person's own tokens, for programs that cannot send them to a browser. */
export const tokensSection = (view: PersonalTokensView): Html => html`<h2 class="part">Personal access tokens</h2>
<p class="soft small">For scripts and programs that cannot open a browser. Whoever has one acts as you.</p>
${view.tokens.map((token) => tokenEntry(view, token))}
${more(view)}`

function more({ more: way, limit }: PersonalTokensView): Html {
  if (way === 'off') return html`<p class="note">The operator takes no personal tokens any more: these open nothing.</p>`
  if (way === 'full') return html`<p class="note">You have ${limit} tokens, and no more can be made. Revoke one first.</p>`
  return html`<div class="stack"><a class="button" href="${way.href}">New token</a></div>`
}

function tokenEntry({ action, key, now }: PersonalTokensView, token: PersonalTokenView): Html {
  const name = readableClaim(token.name, TOKEN_NAME_MAX_LENGTH) || 'A token without a name'
  const { lastUsedAt } = token
  return html`<section class="entry">
<h3>${name}</h3>
<p class="small">For <b>${token.place}</b>. It may: ${scopeWords(token.scopes)}.</p>
<p class="soft small">Made ${timeTag(token.createdAt, now)}.<br>
Ends ${timeTag(token.expiresAt, now)}.<br>
${lastUsedAt === undefined ? html`Never used.` : html`Last used ${timeTag(lastUsedAt, now)}.`}</p>
<form method="post" action="${action}">${keyFields(key)}
<input type="hidden" name="grant" value="${token.grantId}">
<button class="button quiet" aria-label="Revoke ${name}">Revoke</button>
</form>
</section>`
}
