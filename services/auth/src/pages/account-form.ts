import { csrfField } from './csrf-field.ts'
import { type Html, html } from './html.ts'

/** What a form of the account carries, so that only the person it was shown to can send it, and only for a while. */
export interface FormKey {
  /** When the page was made, and which page it was. */
  readonly stamp: string
  readonly csrf: string
}

export const keyFields = ({ stamp, csrf }: FormKey): Html =>
  html`<input type="hidden" name="stamp" value="${stamp}">${csrfField(csrf)}`
