import { type Html, html } from './html.ts'

/** What a form carries, so that only the browser it was shown to can send it (http/browser.ts). */
export const csrfField = (token: string): Html => html`<input type="hidden" name="csrf" value="${token}">`
