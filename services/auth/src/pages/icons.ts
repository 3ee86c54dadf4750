import { Html } from './html.ts'

const icon = (viewBox: string, inner: string, attributes = ''): Html =>
  new Html(`<svg viewBox="${viewBox}" aria-hidden="true"${attributes}>${inner}</svg>`)

const stroked = ' fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'

/** An arch with a portcullis. */
export const LOGO = icon(
  '0 0 24 24',
  '<path d="M4 21V10a8 8 0 0 1 16 0v11"/><path d="M2 21h20"/><path d="M12 21v-8"/><path d="M8 21v-6.5M16 21v-6.5M8 14.5h8"/>',
  stroked,
)

/** The same for a tab; a data URL, because pages fetch nothing. */
export const TAB_ICON = `data:image/svg+xml,${encodeURIComponent(
  LOGO.markup.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"').replace('currentColor', '#3b7be0'),
)}`

export const CHECK = icon('0 0 24 24', '<path d="M4 12.5l5 5L20 6.5"/>', stroked)

/** Marks that people look for on a sign-in button; a key for providers of the operator's own. */
const PROVIDERS: Readonly<Record<string, Html>> = {
  github: icon(
    '0 0 16 16',
    '<path fill="currentColor" d="M8 0C3.58 0 0 3.58 0 8c0 3.54 2.29 6.53 5.47 7.59.4.07.55-.17.55-.38 0-.19-.01-.82-.01-1.49-2.01.37-2.53-.49-2.69-.94-.09-.23-.48-.94-.82-1.13-.28-.15-.68-.52-.01-.53.63-.01 1.08.58 1.23.82.72 1.21 1.87.87 2.33.66.07-.52.28-.87.51-1.07-1.78-.2-3.64-.89-3.64-3.95 0-.87.31-1.59.82-2.15-.08-.2-.36-1.02.08-2.12 0 0 .67-.21 2.2.82.64-.18 1.32-.27 2-.27s1.36.09 2 .27c1.53-1.04 2.2-.82 2.2-.82.44 1.1.16 1.92.08 2.12.51.56.82 1.27.82 2.15 0 3.07-1.87 3.75-3.65 3.95.29.25.54.73.54 1.48 0 1.07-.01 1.93-.01 2.2 0 .21.15.46.55.38A8.01 8.01 0 0 0 16 8c0-4.42-3.58-8-8-8z"/>',
  ),
  google: icon(
    '0 0 24 24',
    '<path fill="#4285f4" d="M22.56 12.25c0-.78-.07-1.53-.2-2.25H12v4.26h5.92a5.06 5.06 0 0 1-2.21 3.31v2.77h3.57c2.08-1.92 3.28-4.74 3.28-8.09z"/>' +
      '<path fill="#34a853" d="M12 23c2.97 0 5.46-.98 7.28-2.66l-3.57-2.77c-.98.66-2.23 1.06-3.71 1.06-2.86 0-5.29-1.93-6.16-4.53H2.18v2.84A11 11 0 0 0 12 23z"/>' +
      '<path fill="#fbbc05" d="M5.84 14.1a6.6 6.6 0 0 1 0-4.2V7.07H2.18a11 11 0 0 0 0 9.86l3.66-2.83z"/>' +
      '<path fill="#ea4335" d="M12 5.38c1.62 0 3.06.56 4.21 1.64l3.15-3.15A11 11 0 0 0 2.18 7.07L5.84 9.9C6.71 7.31 9.14 5.38 12 5.38z"/>',
  ),
  microsoft: icon(
    '0 0 23 23',
    '<path fill="#f25022" d="M1 1h10v10H1z"/><path fill="#7fba00" d="M12 1h10v10H12z"/>' +
      '<path fill="#00a4ef" d="M1 12h10v10H1z"/><path fill="#ffb900" d="M12 12h10v10H12z"/>',
  ),
}

const KEY = icon('0 0 24 24', '<circle cx="8" cy="15" r="4.5"/><path d="M11.5 12L20 3.5M16 7.5l3 3M18 5.5l2 2"/>', stroked)

export const providerIcon = (id: string): Html => PROVIDERS[id] ?? KEY
