import type { ClientProfile, Discovery } from '../support/oauth-client.ts'

/**
 * What real clients send, as recorded or read from their sources (field research of 2026-11-21). One row a client; the
 * driver in tests/support/oauth-client.ts replays it.
 */
export interface ClientFixture {
  readonly name: string
  /** Every redirect URI it may come with at /authorize, of the ones it registered. */
  readonly redirectUris: readonly string[]
  /** The secret handling that its registration asks for. */
  readonly authMethod: 'none' | 'client_secret_basic' | 'client_secret_post'
  readonly profile: ClientProfile
}

const scopes = (discovery: Discovery) => discovery.resourceMetadata.scopes_supported?.join(' ')
const withOffline = (discovery: Discovery) => [scopes(discovery), 'offline_access'].filter(Boolean).join(' ')
const initialize = (protocolVersion: string, name: string) => ({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name, version: '1.0.0' } },
})

const CLAUDE_CALLBACK = 'https://claude.ai/api/mcp/auth_callback'
const claudeRegistration = (method: string) => ({
  client_name: 'Claude',
  redirect_uris: [CLAUDE_CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: method,
  scope: 'claudeai',
})

export const CLIENTS: readonly ClientFixture[] = [
  {
    name: 'Claude.ai (client_secret_post)',
    redirectUris: [CLAUDE_CALLBACK],
    authMethod: 'client_secret_post',
    profile: {
      probe: { method: 'POST', body: initialize('2025-06-18', 'Anthropic/ClaudeAI') },
      registration: claudeRegistration('client_secret_post'),
      authorize: () => ({ scope: 'claudeai' }),
    },
  },
  {
    name: 'Claude.ai (public)',
    redirectUris: [CLAUDE_CALLBACK],
    authMethod: 'none',
    profile: { registration: claudeRegistration('none'), authorize: () => ({ scope: 'claudeai' }) },
  },
  {
    name: 'ChatGPT',
    redirectUris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'ChatGPT',
        redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      authorize: (discovery) => ({ scope: withOffline(discovery) }),
      refresh: (discovery) => ({ resource: discovery.resourceMetadata.resource }),
    },
  },
  {
    name: 'VS Code',
    redirectUris: ['http://127.0.0.1:33418/', 'http://127.0.0.1:51764/', 'https://vscode.dev/redirect'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'Visual Studio Code',
        client_uri: 'https://code.visualstudio.com',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        redirect_uris: [
          'https://insiders.vscode.dev/redirect',
          'https://vscode.dev/redirect',
          'http://127.0.0.1/',
          'http://127.0.0.1:33418/',
        ],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
      authorize: () => ({ state: 'dnNjb2RlOi8vc3RhdGU/eD0xJnk9Mg==' }),
    },
  },
  {
    name: 'Cursor',
    redirectUris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'http://localhost:8787/callback'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'Cursor',
        redirect_uris: [
          'cursor://anysphere.cursor-mcp/oauth/callback',
          'https://www.cursor.com/agents/mcp/oauth/callback',
          'http://localhost:8787/callback',
        ],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        application_type: 'web',
      },
      authorize: (discovery) => ({ scope: discovery.server.scopes_supported?.join(' ') }),
    },
  },
  {
    name: 'Gemini CLI',
    redirectUris: ['http://localhost:50413/oauth/callback'],
    authMethod: 'none',
    profile: {
      probe: { method: 'HEAD', headers: { accept: 'application/json' } },
      registration: {
        client_name: 'Gemini CLI MCP Client',
        redirect_uris: ['http://localhost:50413/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: '',
      },
      authorize: (discovery) => ({ scope: discovery.server.scopes_supported?.join(' ') }),
    },
  },
  {
    name: 'Codex',
    redirectUris: ['http://127.0.0.1:61022/callback'],
    authMethod: 'none',
    profile: {
      probe: { method: 'GET', headers: { 'mcp-protocol-version': '2024-11-05', accept: 'text/event-stream' } },
      registration: {
        client_name: 'Codex',
        redirect_uris: ['http://127.0.0.1:61022/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        scope: '',
      },
      authorize: (discovery) => ({ scope: withOffline(discovery) }),
      refresh: (discovery) => ({ resource: discovery.resourceMetadata.resource, scope: withOffline(discovery) }),
    },
  },
  {
    name: 'goose',
    redirectUris: ['http://localhost:58112/oauth_callback'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'goose',
        redirect_uris: ['http://localhost:58112/oauth_callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      refresh: (discovery) => ({ resource: discovery.resourceMetadata.resource, scope: scopes(discovery) }),
    },
  },
  {
    name: 'LibreChat',
    redirectUris: ['https://chat.example.org/api/mcp/echo/oauth/callback'],
    authMethod: 'client_secret_basic',
    profile: {
      registration: {
        client_name: 'LibreChat MCP Client',
        redirect_uris: ['https://chat.example.org/api/mcp/echo/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        logo_uri: undefined,
      },
      authorize: () => ({ state: '6570f2f0c0ffee00aa11bb22:echo' }),
      token: (discovery) => ({ resource: new URL(discovery.resourceMetadata.resource).href }),
      refresh: (discovery) => ({ scope: scopes(discovery) }),
    },
  },
  {
    name: 'GitHub Copilot CLI',
    redirectUris: ['http://127.0.0.1:49152/'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'GitHub Copilot CLI',
        redirect_uris: ['http://127.0.0.1:49152/'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      authorize: () => ({ scope: undefined }),
    },
  },
  {
    name: 'Copilot Studio',
    redirectUris: ['https://global.consent.azure-apim.net/redirect/cr9a1-5fgatehouse'],
    authMethod: 'client_secret_post',
    profile: {
      registration: {
        client_name: 'Copilot Studio',
        redirect_uris: ['https://global.consent.azure-apim.net/redirect/cr9a1-5fgatehouse'],
        token_endpoint_auth_method: 'client_secret_post',
      },
      authorize: () => ({ resource: undefined, scope: undefined }),
    },
  },
  {
    name: 'Inspector',
    redirectUris: ['http://localhost:6274/oauth/callback', 'http://127.0.0.1:6276/oauth/callback'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'MCP Inspector',
        client_uri: 'https://github.com/modelcontextprotocol/inspector',
        redirect_uris: ['http://localhost:6274/oauth/callback', 'http://127.0.0.1:6276/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: '',
      },
      authorize: (discovery) => ({ scope: withOffline(discovery), prompt: 'consent' }),
    },
  },
  {
    name: 'mcp-remote, with nothing advertised',
    redirectUris: ['http://localhost:3335/oauth/callback'],
    authMethod: 'none',
    profile: {
      probe: { method: 'GET', headers: { accept: 'text/event-stream' } },
      registration: {
        client_name: 'MCP CLI Proxy',
        client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
        redirect_uris: ['http://localhost:3335/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
        software_version: '0.1.38',
        scope: 'openid email profile',
      },
      authorize: () => ({ scope: 'openid email profile' }),
      refresh: () => ({ scope: 'openid email profile' }),
    },
  },
  {
    name: 'Python SDK',
    redirectUris: ['http://localhost:3030/callback'],
    // It leaves the method out, so RFC 7591's default counts.
    authMethod: 'client_secret_basic',
    profile: {
      registration: {
        client_name: 'Python client',
        redirect_uris: ['http://localhost:3030/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
      authorize: (discovery) => ({ scope: withOffline(discovery), prompt: 'consent' }),
      token: (discovery) => ({ resource: discovery.resourceMetadata.resource }),
    },
  },
  {
    name: 'n8n',
    redirectUris: ['https://oauth.n8n.cloud/oauth2/callback'],
    authMethod: 'none',
    profile: {
      registration: {
        client_name: 'n8n',
        redirect_uris: ['https://oauth.n8n.cloud/oauth2/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        client_uri: 'https://n8n.io',
      },
    },
  },
]
