import type { Gatehouse } from './index.ts'

/** What a person sees at start: where it listens, the URL of each server, and how to sign in. */
export function banner(
  { config, servers, newPassword }: Pick<Gatehouse, 'config' | 'servers' | 'newPassword'>,
  colours: boolean,
): string {
  const bold = (text: string) => (colours ? `\u001b[1m${text}\u001b[22m` : text)
  const width = Math.max(...servers.map((server) => server.name.length), 0)
  const lines = [
    '',
    `  ${bold('Gatehouse')} listens at ${config.PUBLIC_URL}`,
    '',
    '  Give one of these URLs to your MCP client:',
    ...servers.map((server) => `    ${server.name.padEnd(width)}  ${bold(`${config.PUBLIC_URL}/${server.name}/mcp`)}`),
    '',
    `  ${signIn(config, newPassword, bold)}`,
    '  Ctrl-C stops it and every server.',
    '',
    '',
  ]
  return lines.join('\n')
}

function signIn(config: Gatehouse['config'], newPassword: string | undefined, bold: (text: string) => string): string {
  if (newPassword !== undefined) return `Sign in with this password, shown only now: ${bold(newPassword)}`
  const providers = [
    config.GITHUB_CLIENT_ID && 'GitHub',
    config.GOOGLE_CLIENT_ID && 'Google',
    config.MICROSOFT_CLIENT_ID && 'Microsoft',
    config.OIDC_ISSUER && config.OIDC_NAME,
    config.OPERATOR_PASSWORD && 'the operator password',
  ].filter((name) => name)
  if (providers.length > 0) return `Sign in with ${providers.join(' or ')}.`
  return `Sign in with the password of the first start. Lost it? Delete ${config.DATA_DIR}/operator-password and start again.`
}
