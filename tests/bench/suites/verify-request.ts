import { TOKEN } from '../load/request-load.ts'

/** What Traefik's ForwardAuth sends for a call of an MCP client, when it passes on all that the client sent. */
export const verifyRequest = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: auth:9090',
    'User-Agent: claude-code/2.1.0 (cli)',
    'Accept: application/json, text/event-stream',
    'Accept-Encoding: gzip, deflate',
    'Accept-Language: *',
    `Authorization: Bearer ${TOKEN}`,
    'Content-Type: application/json',
    'Mcp-Protocol-Version: 2025-11-25',
    'Mcp-Session-Id: 6f1c1f6e-6d0c-4b4e-9a55-9f7f2f0f7c11',
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-Host: localhost:8080',
    'X-Forwarded-Method: POST',
    'X-Forwarded-Port: 8080',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Uri: /echo/mcp',
    '',
    '',
  ].join('\r\n')
