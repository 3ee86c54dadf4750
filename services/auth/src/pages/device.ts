import type { Identity } from '../oauth/identity.ts'
import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'
import { personLabel } from './person-label.ts'

/** What both device pages show of who is here, and how to be somebody else. */
export interface DevicePerson {
  readonly identity: Identity
  /** Of the sign-in page, leading back here. */
  readonly useAnotherAccount: string
}

export interface DeviceEntryView extends DevicePerson {
  readonly gateway: string
  /** Of GET /device. */
  readonly action: string
  /** What was typed, for correcting it. */
  readonly typed?: string
  readonly fault?: string
}

/** Where a person types the code that a device shows. A GET form: looking a code up changes nothing. */
export const deviceEntryPage = (view: DeviceEntryView): Page => ({
  title: 'Connect a device',
  gateway: view.gateway,
  body: html`<h1>Connect a device</h1>
<p class="soft">Enter the code that the program or device shows.</p>
<form method="get" action="${view.action}">
<label class="text" for="user-code">Code</label>
<input class="device-code" id="user-code" type="text" name="user_code" required maxlength="32" autocomplete="off" autocapitalize="characters"
autocorrect="off" spellcheck="false" placeholder="XXXX-XXXX" aria-describedby="about-code" autofocus
${view.typed !== undefined && html` value="${view.typed}"`}${view.fault !== undefined && html` aria-invalid="true"`}>
<div id="about-code">${
    view.fault === undefined
      ? html`<p class="soft small">Eight letters. Small letters and no dash are fine too.</p>`
      : html`<p class="fault" role="alert">${view.fault}</p>`
  }</div>
<div class="stack"><button class="button primary">Continue</button></div>
</form>
<p class="note">Did somebody send you a code? Then do not enter it: it would let them in under your name.</p>
<dl>${youAre(view)}</dl>
${notYou(view)}`,
})

export const youAre = ({ identity }: DevicePerson): Html => html`<div><dt>You are</dt><dd>${personLabel(identity)}</dd></div>`

export const notYou = ({ useAnotherAccount }: DevicePerson): Html =>
  html`<div class="aside"><span>Not you?</span><a href="${useAnotherAccount}">Use another account</a></div>`
