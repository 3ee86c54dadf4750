import { type Html, html, Html as Markup } from './html.ts'
import { LOGO, TAB_ICON } from './icons.ts'
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
<link rel="icon" href="${TAB_ICON}">
${style}
</head>
<body>
<header>${LOGO}<span><b>Gatehouse</b> at ${gateway}</span></header>
<main>${body}</main>
<footer>${footer}</footer>
</body>
</html>
`.markup
