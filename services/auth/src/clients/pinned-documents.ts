import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'

const CODE_FLOW = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const PROGRAM = ['http://127.0.0.1/callback', 'http://localhost/callback']

/**
 * Documents of well-known clients, as they were published in September 2026. Some of their hosts answer 403 to servers in data
 * centres; then this copy speaks, until the document itself can be had (docs/adr/0007-client-documents.md).
 */
const DOCUMENTS = [
  {
    client_id: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    client_name: 'Claude',
    client_uri: 'https://claude.ai',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    token_endpoint_auth_method: 'none',
    ...CODE_FLOW,
  },
  {
    client_id: 'https://claude.ai/oauth/claude-code-client-metadata',
    client_name: 'Claude Code',
    client_uri: 'https://claude.ai',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
    ...CODE_FLOW,
  },
  {
    client_id: 'https://chatgpt.com/oauth/client.json',
    client_name: 'ChatGPT',
    client_uri: 'https://chatgpt.com/',
    redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    token_endpoint_auth_signing_alg: 'RS256',
    jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
    ...CODE_FLOW,
  },
  {
    client_id: 'https://chatgpt.com/oauth/codex/client.json',
    client_name: 'Codex',
    redirect_uris: PROGRAM,
    token_endpoint_auth_method: 'none',
    ...CODE_FLOW,
  },
  {
    client_id: 'https://vscode.dev/oauth/client-metadata.json',
    client_name: 'Visual Studio Code',
    client_uri: 'https://vscode.dev/product',
    redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
    token_endpoint_auth_method: 'none',
    ...CODE_FLOW,
    grant_types: [...CODE_FLOW.grant_types, DEVICE_CODE_GRANT_TYPE],
  },
  {
    client_id: 'https://zed.dev/oauth/client-metadata.json',
    client_name: 'Zed',
    client_uri: 'https://zed.dev',
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
    ...CODE_FLOW,
  },
  {
    client_id: 'https://opencode.ai/oauth/opencode/client.json',
    client_name: 'opencode',
    client_uri: 'https://opencode.ai',
    redirect_uris: PROGRAM,
    token_endpoint_auth_method: 'none',
    ...CODE_FLOW,
  },
]

/** By client id. */
export const PINNED_DOCUMENTS: ReadonlyMap<string, object> = new Map(DOCUMENTS.map((document) => [document.client_id, document]))
