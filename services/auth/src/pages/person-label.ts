import type { Identity } from '../oauth/identity.ts'
import { readableClaim } from './claims.ts'
import { type Html, html } from './html.ts'

const PROVIDERS: Readonly<Record<string, string>> = {
  github: 'GitHub',
  google: 'Google',
  microsoft: 'Microsoft',
  password: 'operator password',
}

/** Shortest unmistakable name of a person: login, address, or the provider's id. */
export const personName = ({ login, email, name, subject }: Identity): string =>
  readableClaim(login ?? email ?? name ?? '') || subject

export const personLabel = (identity: Identity): Html => {
  const name = personName(identity)
  const email = identity.email === undefined || identity.email === name ? '' : ` · ${readableClaim(identity.email)}`
  return html`<b>${name}</b><small>${PROVIDERS[identity.provider] ?? 'OpenID Connect'}${email}</small>`
}
