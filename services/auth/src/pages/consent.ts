import type { Client } from '../oauth/client.ts'
import type { Identity } from '../oauth/identity.ts'
import { redirectDestination } from '../oauth/redirect-uri.ts'
import type { Resource } from '../oauth/resource.ts'
import { clientLabel } from './claims.ts'
import { csrfField } from './csrf-field.ts'
import { describeDestination } from './destination.ts'
import { type Html, html } from './html.ts'
import { CHECK } from './icons.ts'
import type { Page } from './layout.ts'
import { nameTag } from './name-tag.ts'
import { personLabel } from './person-label.ts'
import type { ScopeChoice } from './scope-choices.ts'

export interface ConsentView {
  readonly gateway: string
  /** Of POST /consent and POST /sign-out. */
  readonly actions: { readonly consent: string; readonly signOut: string }
  /** Sealed request, and a token per form. */
  readonly request: string
  readonly tokens: { readonly consent: string; readonly signOut: string }
  readonly client: Client
  readonly redirectUri: string
  readonly resource: Resource
  /** Names of the servers this person may use, for the root resource. */
  readonly servers: readonly string[]
  readonly identity: Identity
  readonly choices: readonly ScopeChoice[]
  /** Whether who the person is is asked for too (OpenID Connect). */
  readonly sharesProfile: boolean
  readonly wasApprovedBefore: boolean
  readonly fault?: string
}

/**
 * Who asks for what, where the answer goes, and whose account it is: what MCP security best practices want to be seen before
 * a yes. Deny comes first, so that Enter and the first Tab stop say no.
 */
export const consentPage = (view: ConsentView): Page => {
  const label = clientLabel(view.client)
  const resource = resourceLabel(view.resource)
  return {
    title: `Allow ${label}?`,
    gateway: view.gateway,
    body: html`<h1>Allow “${label}” to use ${resource}?</h1>
${view.fault !== undefined && html`<p class="fault" role="alert">${view.fault}</p>`}
<dl>
<div><dt>App</dt><dd><b>${label}</b> ${appNote(view)}</dd></div>
<div><dt>Returns to</dt><dd>${describeDestination(view.redirectUri)}</dd></div>
<div><dt>Server</dt><dd>${serverNote(view)}</dd></div>
<div><dt>You are</dt><dd>${personLabel(view.identity)}</dd></div>
</dl>
${caution(view)}
<form method="post" action="${view.actions.consent}">
<input type="hidden" name="request" value="${view.request}">
${csrfField(view.tokens.consent)}
${scopeBoxes(view)}
${DECISION_BUTTONS}
</form>
<div class="aside"><span>Not you?</span><form method="post" action="${view.actions.signOut}">
<input type="hidden" name="request" value="${view.request}">
${csrfField(view.tokens.signOut)}
<button class="link" name="then" value="sign-in">Use another account</button>
</form></div>`,
  }
}

/** The answer to every question of ours; other people's scripts rely on these names. */
export const DECISION_BUTTONS = html`<div class="pair">
<button class="button" name="decision" value="deny">Deny</button>
<button class="button primary" name="decision" value="approve">Allow</button>
</div>`

export const resourceLabel = (resource: Resource): string => resource.server?.name ?? 'all your servers'

export function appNote({ client, wasApprovedBefore }: Pick<ConsentView, 'client' | 'wasApprovedBefore'>): Html {
  const notes: Readonly<Record<Client['source'], string>> = {
    registered: 'The app gave this name itself; anybody can use any name.',
    metadata: 'The name comes from the web site shown here.',
    configured: 'The operator of this gateway set this app up.',
  }
  return html`${nameTag(client)}<small>${notes[client.source]}${wasApprovedBefore && ' You allowed it before.'}</small>`
}

export const serverNote = ({ resource, servers }: Pick<ConsentView, 'resource' | 'servers'>): Html =>
  resource.server
    ? html`<b>${resource.server.name}</b><small>${resource.url}</small>`
    : html`<b>Every server you may use</b><small>${servers.join(', ')}</small>`

function caution({ redirectUri, wasApprovedBefore }: ConsentView): Html | undefined {
  const { kind, text } = redirectDestination(redirectUri)
  if (kind === 'this-computer') {
    return html`<p class="note">Allow it only if you yourself just started to connect from a program on this computer. Any
program here could be listening at <b>${text}</b>.</p>`
  }
  if (kind === 'app') {
    return html`<p class="note">Allow it only if you yourself just started to connect from that app. It is whichever app on
this device handles <b>${text}</b>.</p>`
  }
  return wasApprovedBefore
    ? undefined
    : html`<p class="note">Allow it only if you yourself just started to connect at <b>${text}</b>.</p>`
}

export const scopeBoxes = ({
  choices,
  sharesProfile,
  fault,
}: Pick<ConsentView, 'choices' | 'sharesProfile' | 'fault'>): Html => html`<fieldset>
<legend>It may</legend>
${choices.length === 1 ? choices.map(onlyChoice) : choices.map((choice) => checkbox(choice, fault !== undefined))}
${sharesProfile && html`<div class="choice">${CHECK}<span>know who you are<small>your name and verified e-mail address</small></span></div>`}
</fieldset>`

const onlyChoice = (choice: ScopeChoice): Html =>
  html`<div class="choice">${CHECK}<span>${choice.title}<small>${choice.detail}</small></span></div>`

const checkbox = (choice: ScopeChoice, isOff: boolean): Html => html`<label class="choice">
<input type="checkbox" name="${choice.field}" value="yes"${!isOff && html` checked`}>
<span>${choice.title}<small>${choice.detail}</small></span></label>`
