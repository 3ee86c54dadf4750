import type { Client } from '../oauth/client.ts'
import { clientIdHost } from './claims.ts'
import { type Html, html } from './html.ts'

/** What stands beside a client's name: who vouches for it, or that nobody does. */
export function nameTag({ source, clientId }: Client): Html | undefined {
  if (source === 'configured') return undefined
  const host = source === 'metadata' ? clientIdHost(clientId) : undefined
  return html`<span class="tag">${host === undefined ? 'name not verified' : `by ${host}`}</span>`
}
