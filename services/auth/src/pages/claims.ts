import type { Client } from '../oauth/client.ts'

/** Longer names are cut: a page must stay readable whatever a client calls itself. */
const MAX_CLAIM_LENGTH = 60
/** Controls, and what turns the direction of text or is not seen: with them a name could pose as another, or as our own words. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0\u2800]/gu
/** More than two marks on one letter paint over the lines above and below. */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu

/** Text that somebody outside chose, made fit to stand in a sentence of ours: one line, visible characters, not long. */
export function readableClaim(text: string, maxLength: number = MAX_CLAIM_LENGTH): string {
  const visible = text.replace(INVISIBLE, '').replace(STACKED_MARKS, '$1').replace(/\s+/g, ' ').trim()
  const letters = [...visible]
  return letters.length <= maxLength
    ? visible
    : `${letters
        .slice(0, maxLength - 1)
        .join('')
        .trimEnd()}…`
}

/** What we call a client on pages: its own claim, or "An app without a name". */
export const clientLabel = (client: Pick<Client, 'clientName'>): string =>
  readableClaim(client.clientName ?? '') || 'An app without a name'

/** Host of a client id that is a URL (metadata document); undefined for the ones we made up. */
export const clientIdHost = (clientId: string): string | undefined =>
  /^https?:\/\//.test(clientId) && URL.canParse(clientId) ? new URL(clientId).host : undefined
