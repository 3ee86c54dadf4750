import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TraefikAddresses {
  readonly port: number
  readonly pingPort: number
  readonly secondPort: number
  /** Asked by ForwardAuth. */
  readonly verify: string
  readonly backend: string
}

/**
 * The stack's own Traefik configuration with other addresses: what is measured is what people run. Only the access log is
 * off, which would be measured too and is not what the rows are about.
 * @throws Error when the configuration no longer has what is replaced here
 */
export function writeTraefikConfiguration(root: string, folder: string, addresses: TraefikAddresses): void {
  const { port, pingPort, secondPort, verify, backend } = addresses
  const start = replaceAll(readFileSync(join(root, 'traefik/traefik.yaml'), 'utf8'), [
    [/address: :8080\b/, `address: 127.0.0.1:${port}`],
    [/address: :8443\b/, `address: 127.0.0.1:${secondPort}`],
    [/address: 127\.0\.0\.1:8082\b/, `address: 127.0.0.1:${pingPort}`],
    [/^accessLog:\n(?:[ #].*\n|\n)*/m, ''],
    [/^certificatesResolvers:\n(?:[ #].*\n|\n)*/m, ''],
    [/\n {6}tls:\n {8}certResolver: letsencrypt\n/, '\n'],
  ])
  const gateway = replaceAll(readFileSync(join(root, 'traefik/dynamic/gateway.yaml'), 'utf8'), [
    [/http:\/\/auth:9090\/verify/, verify],
    [/http:\/\/bridge:8081/, backend],
  ])
  mkdirSync(join(folder, 'dynamic'), { recursive: true })
  writeFileSync(join(folder, 'traefik.yaml'), start)
  writeFileSync(join(folder, 'dynamic/gateway.yaml'), gateway)
}

function replaceAll(text: string, replacements: readonly (readonly [what: RegExp, by: string])[]): string {
  return replacements.reduce((before, [what, by]) => {
    if (!what.test(before)) throw new Error(`traefik/ has no ${what} any more: adapt tests/bench/suites/traefik-configuration.ts`)
    return before.replace(what, () => by)
  }, text)
}
