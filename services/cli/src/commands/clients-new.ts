import {
  DEVICE_CODE_GRANT_TYPE,
  JWT_BEARER_GRANT_TYPE,
  newClientSecret,
  redirectUriFault,
  TOKEN_EXCHANGE_GRANT_TYPE,
} from '@gatehouse/auth/operator'
import { type Call, type Command, listOption, textOption, UsageError } from '../command.ts'

const CODE = 'authorization_code'
/** Short names of grants with long ones. */
const GRANTS: Readonly<Record<string, string>> = {
  [CODE]: CODE,
  client_credentials: 'client_credentials',
  device_code: DEVICE_CODE_GRANT_TYPE,
  token_exchange: TOKEN_EXCHANGE_GRANT_TYPE,
  jwt_bearer: JWT_BEARER_GRANT_TYPE,
}
/** RFC 6749 Appendix A.1, and no spaces: people type it. */
const CLIENT_ID = /^[\x21-\x7e]{1,200}$/

export const clientsNew: Command = {
  name: 'clients new',
  summary: 'Print an entry for the clients file, with a fresh id and secret',
  usage: '[--id ID] [--name NAME] [--redirect-uri URI]… [--grant GRANT]… [--public]',
  details: [
    'Nothing is stored: put the entry into "clients" of CLIENTS_CONFIG (./clients.json) and restart. The secret is shown this one',
    'time; it can also stand in a file of its own, with "client_secret_file".',
    '',
    "For Claude, type id and secret into the connector's advanced settings, and name both of its addresses here:",
    '  gatehouse clients new --name Claude --redirect-uri https://claude.ai/api/mcp/auth_callback \\',
    '    --redirect-uri https://claude.com/api/mcp/auth_callback',
    'For a program without a person: gatehouse clients new --id nightly-report --grant client_credentials',
  ].join('\n'),
  options: {
    id: { type: 'string', help: 'Its client_id. Default: the name in lower case, or client, and four letters.' },
    name: { type: 'string', help: 'What people see on the consent page.' },
    'redirect-uri': { type: 'string', multiple: true, help: 'Where people are sent back to; needed for authorization_code.' },
    grant: { type: 'string', multiple: true, help: `One of ${Object.keys(GRANTS).join(', ')}. Default ${CODE}.` },
    public: { type: 'boolean', help: 'A client that can keep no secret: a command line or an app.' },
  },
  run: (call) => {
    const uris = listOption(call, 'redirect-uri')
    const grants = grantsOf(call)
    for (const uri of uris) {
      const fault = redirectUriFault(uri)
      if (fault !== undefined) throw new UsageError(`--redirect-uri ${uri} ${fault}`)
    }
    if (grants.includes(CODE) && uris.length === 0)
      throw new UsageError(`${CODE} needs a --redirect-uri; clients say theirs in their documentation`)
    if (call.options.public === true && grants.some(needsProof)) {
      throw new UsageError('a --public client proves nothing, so it cannot have client_credentials or token_exchange')
    }
    const name = textOption(call, 'name')
    const entry = {
      client_id: idOf(call, name),
      ...(call.options.public === true ? {} : { client_secret: newClientSecret() }),
      ...(name === undefined ? {} : { client_name: name }),
      ...(uris.length === 0 ? {} : { redirect_uris: uris }),
      ...(grants.length === 1 && grants[0] === CODE ? {} : { grant_types: grants }),
    }
    call.result(entry, JSON.stringify(entry, undefined, 2))
    if (call.options.json !== true) call.note('Put this into "clients" of the clients file (CLIENTS_CONFIG), and restart auth.')
  },
}

function grantsOf(call: Call): string[] {
  const named = listOption(call, 'grant')
  if (named.length === 0) return [CODE]
  return named.map((name) => {
    const grant = GRANTS[name]
    if (grant === undefined) throw new UsageError(`--grant takes one of ${Object.keys(GRANTS).join(', ')}`)
    return grant
  })
}

/** Who uses the others proves more than a secret would: a person's sign-in, or an assertion of an issuer that is trusted. */
const needsProof = (grant: string): boolean => grant === GRANTS.client_credentials || grant === GRANTS.token_exchange

function idOf(call: Call, name: string | undefined): string {
  const id = textOption(call, 'id')
  if (id === undefined) {
    const readable = (name ?? 'client')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
    return `${readable || 'client'}-${newClientSecret()
      .slice(4, 8)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, 'x')}`
  }
  if (!CLIENT_ID.test(id)) throw new UsageError('--id takes visible ASCII characters without spaces')
  if (id.startsWith('cli_')) throw new UsageError('--id must not begin with cli_: such ids are made at registration')
  return id
}
