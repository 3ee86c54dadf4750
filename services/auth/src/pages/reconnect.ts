import { type Html, html } from './html.ts'

/** How to make a client forget its old registration, for the ones people use; each opens without a script. */
const WAYS: readonly (readonly [client: string, steps: Html])[] = [
  [
    'Claude (web, desktop, mobile)',
    html`Settings → Connectors: remove this connector, then add it again with the same address. In the desktop app, restart it too.`,
  ],
  [
    'Claude Code',
    html`<code>claude mcp logout NAME</code>, or <code>/mcp</code>, this server, “Clear authentication”; then sign in again. If it still ends here, add the server once more under another name.`,
  ],
  ['ChatGPT', html`Settings → Apps &amp; Connectors: delete this connector, then create it again with the same address.`],
  [
    'VS Code',
    html`Run “Authentication: Remove Dynamic Authentication Providers” from the command palette, choose this server, then start the server again.`,
  ],
  [
    'Cursor',
    html`Settings → MCP: log out of this server, or run “Clear All MCP Tokens” from the command palette, then connect again.`,
  ],
  ['Codex', html`<code>codex mcp logout NAME</code>, then <code>codex mcp login NAME</code>.`],
  ['mcp-remote', html`Delete the folder <code>~/.mcp-auth</code>, then start the client again.`],
  ['Anything else', html`Remove this server from the app and add it again, so that the app registers anew.`],
]

export const reconnectSteps = html`<p class="soft">The app still uses an old registration. Connect it again:</p>
${WAYS.map(([client, steps]) => html`<details><summary>${client}</summary><p class="small">${steps}</p></details>`)}`
