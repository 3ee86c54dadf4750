import type { Client } from '../oauth/client.ts'
import type { Resource } from '../oauth/resource.ts'
import { timeTag } from './account-time.ts'
import { clientLabel } from './claims.ts'
import { appNote, DECISION_BUTTONS, resourceLabel, scopeBoxes, serverNote } from './consent.ts'
import { csrfField } from './csrf-field.ts'
import { type DevicePerson, notYou, youAre } from './device.ts'
import { html } from './html.ts'
import type { Page } from './layout.ts'
import { qrSvg } from './qr.ts'
import type { ScopeChoice } from './scope-choices.ts'

export interface DeviceConfirmView extends DevicePerson {
  readonly gateway: string
  /** Of POST /device. */
  readonly action: string
  readonly token: string
  readonly userCode: string
  /** `verification_uri_complete`, for the QR code. */
  readonly address: string
  readonly client: Client
  readonly resource: Resource
  /** Names of the servers this person may use, for the root resource. */
  readonly servers: readonly string[]
  readonly choices: readonly ScopeChoice[]
  readonly sharesProfile: boolean
  /** When and where the device asked; both times Unix seconds. */
  readonly started: { readonly at: number; readonly now: number; readonly from: string; readonly isElsewhere: boolean }
  readonly fault?: string
}

/**
 * What a device asks for, and the question that only the person can answer: whether they hold that device (RFC 8628 §5.4).
 * The code is shown to be compared, also when it came by a link or a QR code (§3.3.1). Deny comes first, as at consent.
 */
export const deviceConfirmPage = (view: DeviceConfirmView): Page => {
  const label = clientLabel(view.client)
  return {
    title: `Connect ${label}?`,
    gateway: view.gateway,
    body: html`<h1>Connect “${label}” to ${resourceLabel(view.resource)}?</h1>
${view.fault !== undefined && html`<p class="fault" role="alert">${view.fault}</p>`}
<p class="soft">Your device must show exactly this code:</p>
<p class="user-code">${view.userCode}</p>
<p class="note"><b>Only continue if you yourself started this, on a device you have in front of you.</b> If somebody sent you
this code or link, deny: they would use the server in your name.${view.started.isElsewhere && elsewhere}</p>
<dl>
<div><dt>App</dt><dd><b>${label}</b> ${appNote({ client: view.client, wasApprovedBefore: false })}</dd></div>
<div><dt>Started</dt><dd>${timeTag(view.started.at, view.started.now)}<small>${view.started.from}</small></dd></div>
<div><dt>Server</dt><dd>${serverNote(view)}</dd></div>
${youAre(view)}
</dl>
<form method="post" action="${view.action}">
<input type="hidden" name="user_code" value="${view.userCode}">
${csrfField(view.token)}
${scopeBoxes(view)}
${DECISION_BUTTONS}
</form>
${notYou(view)}
<div class="stack"><details><summary>Continue on your phone</summary><div>
<p class="small">Open this page there by its camera:</p>
${qrSvg(view.address, `QR code of ${view.address}`)}
</div></details></div>`,
  }
}

const elsewhere = html` It was started in <b>another network</b> than the one you are in now.`
