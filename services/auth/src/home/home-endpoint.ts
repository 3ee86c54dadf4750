import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { html } from '../pages/html.ts'
import { sendPage } from '../pages/send-page.ts'

/**
 * `GET /`: what a person sees who types the gateway's address. Names of servers are shown on the loopback default alone:
 * on the open Internet they are nobody's business before the sign-in.
 */
export function homeEndpoint(app: FastifyInstance, { config, resources }: Pick<Context, 'config' | 'resources'>): void {
  const example = `${config.PUBLIC_URL}/NAME/mcp`
  const account = html`<div class="stack"><a class="button" href="${config.publicPath}/account">What you have connected</a></div>`
  const page = {
    title: 'MCP gateway',
    gateway: config.PUBLIC_URL.replace(/^https?:\/\//, ''),
    body: config.isLoopback
      ? html`<h1>This gateway is up</h1>
<p>Give one of these addresses to your MCP client. It sends you here to sign in.</p>
<ul>${resources.all.map((resource) => html`<li><code>${resource.url}</code></li>`)}</ul>
${account}`
      : html`<h1>An MCP gateway</h1>
<p>Give the address of a server, as its operator told you, to your MCP client. It sends you here to sign in.</p>
<p>It looks like this: <code>${example}</code></p>
${account}`,
  }
  app.get('/', (_request, reply) => sendPage(reply, 200, page))
  methodNotAllowed(app, '/', ['GET'])
}
