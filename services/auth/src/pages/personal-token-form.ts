import { type FormKey, keyFields } from './account-form.ts'
import { TOKEN_NAME_MAX_LENGTH } from './account-tokens.ts'
import { type Html, html } from './html.ts'
import { CHECK } from './icons.ts'
import type { Page } from './layout.ts'
import type { ScopeChoice } from './scope-choices.ts'

/** Which server a new token is for: a page of links, because what it may do there depends on the answer. */
export const chooseServerPage = (view: {
  readonly gateway: string
  readonly account: string
  /** `detail` says what stands behind the name. */
  readonly choices: readonly { readonly label: string; readonly detail: string; readonly href: string }[]
}): Page => ({
  title: 'New personal access token',
  gateway: view.gateway,
  body: html`<h1>New personal access token</h1>
<h2 id="for">What is it for?</h2>
${
  view.choices.length === 0
    ? html`<p class="fault">There is no server here that you may use.</p>`
    : html`<ul class="ways" aria-labelledby="for">${view.choices.map(
        ({ label, detail, href }) => html`<li><a href="${href}"><b>${label}</b><small>${detail}</small></a></li>`,
      )}</ul>`
}
<div class="stack"><a class="button" href="${view.account}">Back</a></div>`,
})

export interface PersonalTokenFormView {
  readonly gateway: string
  /** Of POST /account/tokens, and the ways back. */
  readonly actions: { readonly make: string; readonly account: string; readonly chooseServer: string | undefined }
  readonly key: FormKey
  readonly resource: { readonly url: string; readonly label: string }
  readonly choices: readonly ScopeChoice[]
  readonly lifetimes: readonly number[]
  /** What the person entered before, or what is there at first. */
  readonly name: string
  readonly chosen: readonly string[]
  readonly days: number
  readonly fault?: string
}

/** What a new token is called, may do, and how long it lives. */
export const personalTokenForm = (view: PersonalTokenFormView): Page => ({
  title: 'New personal access token',
  gateway: view.gateway,
  body: html`<h1>New personal access token</h1>
${view.fault !== undefined && html`<p class="fault" role="alert" id="fault">${view.fault}</p>`}
<dl><div><dt>For</dt><dd><b>${view.resource.label}</b><small>${view.resource.url}</small>
${view.actions.chooseServer !== undefined && html`<small><a href="${view.actions.chooseServer}">For another</a></small>`}</dd></div></dl>
<form method="post" action="${view.actions.make}">${keyFields(view.key)}
<input type="hidden" name="resource" value="${view.resource.url}">
<label class="text" for="name">Name</label>
<input id="name" type="text" name="name" value="${view.name}" required maxlength="${TOKEN_NAME_MAX_LENGTH}" autocomplete="off"
aria-describedby="about-name">
<p class="soft small" id="about-name">So that you know it again, such as the program that will use it.</p>
${scopes(view)}
<label class="text" for="days">Ends after</label>
<select id="days" name="days">${view.lifetimes.map(
    (days) =>
      html`<option value="${days}"${days === view.days && html` selected`}>${days === 1 ? '1 day' : `${days} days`}</option>`,
  )}</select>
<div class="pair">
<a class="button" href="${view.actions.account}">Cancel</a>
<button class="button primary">Make token</button>
</div>
</form>`,
})

const scopes = ({ choices, chosen }: PersonalTokenFormView): Html => html`<fieldset>
<legend>It may</legend>
${choices.length === 1 ? choices.map(onlyChoice) : choices.map((choice) => checkbox(choice, chosen.includes(choice.scope)))}
</fieldset>`

const onlyChoice = (choice: ScopeChoice): Html =>
  html`<div class="choice">${CHECK}<span>${choice.title}<small>${choice.detail}</small></span></div>`

const checkbox = (choice: ScopeChoice, isOn: boolean): Html => html`<label class="choice">
<input type="checkbox" name="${choice.field}" value="yes"${isOn && html` checked`}>
<span>${choice.title}<small>${choice.detail}</small></span></label>`
