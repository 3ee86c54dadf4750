import { describe, expect, it } from 'vitest'
import { HOSTILE } from '../../../../tests/pages/hostile-text.ts'
import { readPage } from '../../../../tests/support/html.ts'
import { html } from './html.ts'
import { renderPage } from './layout.ts'

describe('html', () => {
  it('escapes every value, joins lists, and leaves out what is not there', () => {
    expect(html`<p title="${`a"b'c`}">${'<&>`'}${['x', html`<b>${'<'}</b>`]}${false}${undefined}${0}</p>`.markup).toBe(
      '<p title="a&quot;b&#39;c">&lt;&amp;&gt;&#96;x<b>&lt;</b>0</p>',
    )
  })

  it.each(HOSTILE)('%s stays text, in text and in an attribute (CON-14)', (text) => {
    const { markup } = html`<a href="/x" title="${text}">${text}</a>`
    expect(markup.match(/<[a-z/!]/gi)).toEqual(['<a', '</'])
    expect(markup.match(/"/g)).toHaveLength(4)
    expect(readPage(markup).links[0]?.text).toBe(readPage(html`<a href="/">${text}</a>`.markup).links[0]?.text)
  })
})

describe('a page', () => {
  it.each(HOSTILE)('with %s everywhere has the same elements as one without (CON-14)', (text) => {
    const page = (value: string) =>
      renderPage({ title: value, gateway: value, body: html`<p>${value}</p>`, refresh: `https://a.test/?${value}` })
    const tags = (markup: string) => markup.replaceAll(/"[^"]*"/g, '""').match(/<\/?[a-z]+/gi)
    expect(tags(page(text))).toEqual(tags(page('x')))
    expect(readPage(page(text)).refresh).toBe(`https://a.test/?${text}`)
  })
})
