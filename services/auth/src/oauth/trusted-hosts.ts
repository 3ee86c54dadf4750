/** CIMD_TRUSTED_HOSTS as it is written when no document is trusted; an empty variable counts as absent. */
const NOBODY = 'none'

/** Whether ids that are URLs are clients at all. */
export const isCimdOn = (trustedHosts: readonly string[]): boolean => trustedHosts.some((host) => host !== NOBODY)

/**
 * Whether the documents of a host are trusted: `*` is every host, `*.example.com` every host below example.com, anything else
 * exactly that host. A `*` anywhere else stands for nothing: `*claude.ai` would be `evil-claude.ai` too.
 */
export const isTrustedHost = (trustedHosts: readonly string[], host: string): boolean =>
  trustedHosts.some((written) => {
    const pattern = written.toLowerCase()
    if (pattern === '*') return true
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern && host !== NOBODY
  })

/** Whether an entry of the list means something: a host, `*.` and a host, `*` or `none`. */
export const isHostPattern = (written: string): boolean =>
  /^(?:\*|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/i.test(written)
