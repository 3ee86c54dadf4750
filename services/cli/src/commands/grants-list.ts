import type { ActiveGrant } from '@gatehouse/auth/operator'
import { type Command, textOption } from '../command.ts'
import { grantsOf } from '../grants-of.ts'
import { table } from '../table.ts'
import { iso, readable } from '../time.ts'
import { withGateway } from '../with-gateway.ts'

export const grantsList: Command = {
  name: 'grants list',
  summary: 'What people have allowed which client, and when it was last used',
  usage: '[--user SUBJECT] [--client CLIENT] [--json]',
  details: 'A subject is the provider and the account, as in github:583231; gatehouse grants list shows it.',
  options: {
    user: { type: 'string', help: 'Of this person alone.' },
    client: { type: 'string', help: 'Of this client alone.' },
  },
  run: async (call) => {
    const wish = { user: textOption(call, 'user'), client: textOption(call, 'client') }
    const grants = await withGateway(call, 'reading the grants', ({ stores }) => grantsOf(stores, wish))
    const rows = grants.map(({ grant, lastUsedAt, expiresAt }) => [
      grant.id,
      grant.identity.subject,
      grant.identity.login ?? grant.identity.email ?? '',
      grant.clientId,
      grant.via ?? 'authorization_code',
      grant.resource,
      grant.scopes.join(' '),
      readable(lastUsedAt),
      readable(expiresAt),
    ])
    const headings = ['GRANT', 'USER', 'LOGIN', 'CLIENT', 'BY', 'FOR', 'SCOPES', 'LAST USED', 'ENDS']
    call.result({ grants: grants.map(toJson) }, grants.length === 0 ? 'There are none.' : table(call.stdout, headings, rows))
  },
}

const toJson = ({ grant, lastUsedAt, expiresAt }: ActiveGrant) => ({
  grantId: grant.id,
  subject: grant.identity.subject,
  ...(grant.identity.login === undefined ? {} : { login: grant.identity.login }),
  ...(grant.identity.email === undefined ? {} : { email: grant.identity.email }),
  clientId: grant.clientId,
  via: grant.via ?? 'authorization_code',
  resource: grant.resource,
  scopes: grant.scopes,
  ...(grant.personalToken === undefined ? {} : { name: grant.personalToken.name }),
  createdAt: iso(grant.createdAt),
  lastUsedAt: iso(lastUsedAt),
  expiresAt: iso(expiresAt),
})
