import { type Html, html, Html as Markup } from './html.ts'
import { STYLE } from './style.ts'

export interface Page {
  readonly title: string
  /** Host of PUBLIC_URL: where the person is. */
  readonly gateway: string
  readonly body: Html
  /** Where the page goes on to by itself. */
  readonly refresh?: string
  readonly footer?: Html
}

const LOGO = new Markup(
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"' +
    ' aria-hidden="true"><path d="M4 21V10a8 8 0 0 1 16 0v11"/><path d="M2 21h20"/><path d="M12 21v-8"/>' +
    '<path d="M8 21v-6.5M16 21v-6.5M8 14.5h8"/></svg>',
)

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%231d5bb8'" +
  " stroke-width='2' stroke-linecap='round'%3E%3Cpath d='M4 21V10a8 8 0 0 1 16 0v11M2 21h20M12 21v-8M8 21v-6.5M16 21v-6.5M8 14.5h8'/%3E%3C/svg%3E"

const style = new Markup(`<style>${STYLE}</style>`)

/** A whole document. Nothing in it is fetched from anywhere, and no script is in it or needed. */
export const renderPage = ({ title, gateway, body, refresh, footer }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${refresh !== undefined && html`<meta http-equiv="refresh" content="0;url=${refresh}">`}
<title>${title} · Gatehouse</title>
<link rel="icon" href="${ICON}">
${style}
</head>
<body>
<header>${LOGO}<span><b>Gatehouse</b> at ${gateway}</span></header>
<main>${body}</main>
<footer>${footer}</footer>
</body>
</html>
`.markup
