import { DEFAULT_SCOPE } from '@gatehouse/servers'
import type { Client } from '../oauth/client.ts'
import type { GrantVia } from '../oauth/grant.ts'
import { OPENID_SCOPES } from '../oauth/scope.ts'
import { type FormKey, keyFields } from './account-form.ts'
import { timeTag } from './account-time.ts'
import { clientIdHost, clientLabel, readableClaim } from './claims.ts'
import { type Html, html } from './html.ts'
import { nameTag } from './name-tag.ts'

/** One thing that an app may use. */
export interface ConnectionView {
  readonly grantId: string
  /** What people call the resource. */
  readonly place: string
  readonly resource: string
  readonly scopes: readonly string[]
  readonly via: GrantVia
  /** Unix seconds. */
  readonly createdAt: number
  /** Unix seconds. */
  readonly lastUsedAt: number
}

/** An app with all that it is connected to. */
export interface AppView {
  readonly clientId: string
  /** undefined when nothing can be found out about it right now, or any more. */
  readonly client: Client | undefined
  readonly connections: readonly ConnectionView[]
}

export interface AppsView {
  /** Of POST /account/disconnect. */
  readonly action: string
  readonly key: FormKey
  readonly apps: readonly AppView[]
  /** How many connections are not shown. */
  readonly hidden: number
  /** Unix seconds. */
  readonly now: number
}

const VIAS: Readonly<Record<GrantVia, string>> = {
  authorization_code: 'by your yes in a browser',
  device_code: 'by a code that you entered for another device',
  client_credentials: 'by itself',
  jwt_bearer: 'by your organization’s sign-in',
  personal_token: 'by a personal token',
}

/** What is connected, app by app, with a way to end each. */
export const appsSection = (view: AppsView): Html => html`<h2 class="part">Connected apps</h2>
${view.apps.length === 0 && html`<p class="soft">No app is connected to your account.</p>`}
${view.apps.map((app) => appEntry(view, app))}
${view.hidden > 0 && html`<p class="note">And ${view.hidden} more. Disconnect some that you no longer use to see the rest.</p>`}`

function appEntry(view: AppsView, app: AppView): Html {
  const label = appLabel(app)
  return html`<section class="entry">
<h3>${label} ${app.client && nameTag(app.client)}</h3>
${app.client === undefined && html`<p class="soft small">This gateway cannot tell more about it right now than its id: <code>${readableClaim(app.clientId)}</code></p>`}
${app.connections.map((connection) => connectionEntry(view, label, connection))}
${app.connections.length > 1 && disconnect(view, 'client', app.clientId, `Disconnect all ${app.connections.length} of ${label}`)}
</section>`
}

const appLabel = ({ client, clientId }: Pick<AppView, 'client' | 'clientId'>): string =>
  client ? clientLabel(client) : (clientIdHost(clientId) ?? 'An app that is not known any more')

function connectionEntry(view: AppsView, label: string, connection: ConnectionView): Html {
  const { place } = connection
  return html`<div class="item">
<p><b>${place}</b> <span class="soft small">${connection.resource}</span></p>
<p class="small">It may: ${scopeWords(connection.scopes)}.</p>
<p class="soft small">Connected ${timeTag(connection.createdAt, view.now)}, ${VIAS[connection.via]}.<br>
Last used ${timeTag(connection.lastUsedAt, view.now)}.</p>
${disconnect(view, 'grant', connection.grantId, 'Disconnect', `Disconnect ${label} from ${place}`)}
</div>`
}

/** @param name - what is said about the button to those who do not see what it stands beside */
const disconnect = (view: AppsView, field: 'grant' | 'client', id: string, text: string, name?: string): Html =>
  html`<form method="post" action="${view.action}">${keyFields(view.key)}
<input type="hidden" name="${field}" value="${id}">
<button class="button quiet"${name !== undefined && html` aria-label="${name}"`}>${text}</button>
</form>`

/** Scopes in words; those that only say who the person is are one thing. */
export function scopeWords(scopes: readonly string[]): Html {
  const named = scopes.filter((scope) => scope !== DEFAULT_SCOPE && !OPENID_SCOPES.includes(scope))
  const words = [
    ...(scopes.includes(DEFAULT_SCOPE) ? [html`use tools on your behalf`] : []),
    ...named.map((scope) => html`<code>${scope}</code>`),
    ...(scopes.some((scope) => OPENID_SCOPES.includes(scope)) ? [html`know who you are`] : []),
  ]
  return html`${words.map((word, index) => html`${index > 0 && ', '}${word}`)}`
}
