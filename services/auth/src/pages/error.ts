import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'

export interface ErrorView {
  readonly gateway: string
  readonly title: string
  /** What happened, in one sentence. */
  readonly what: string
  /** What to do about it. */
  readonly advice?: Html | string
  /** Ways on; the first is the one to take. */
  readonly ways?: readonly Html[]
  readonly requestId: string
}

/** Something stopped: what, what to do, and an id by which the operator finds it in the log. */
export const errorPage = (view: ErrorView): Page => ({
  title: view.title,
  gateway: view.gateway,
  body: html`<h1>${view.title}</h1>
<p>${view.what}</p>
${typeof view.advice === 'string' ? html`<p class="soft">${view.advice}</p>` : view.advice}
${view.ways !== undefined && view.ways.length > 0 && html`<div class="stack">${view.ways}</div>`}`,
  footer: html`If you ask the operator, mention <code>${view.requestId}</code>.`,
})

/** A way on as a link. Never `id="continue"`: that is for going back to a client with the person's answer. */
export const wayOn = (href: string, text: string, isPrimary = false): Html =>
  html`<a class="button${isPrimary && ' primary'}" href="${href}">${text}</a>`
