import { expect, it } from 'vitest'
import { weightOf } from './accept.ts'

it.each([
  [undefined, 0],
  ['', 0],
  ['*/*', 0],
  ['text/html, application/json', 1],
  ['Application/JSON', 1],
  ['application/json; charset=utf-8; q=0.5', 0.5],
  ['application/json;q=0', 0],
  ['application/json;q=...', 0],
  ['application/jsonp', 0],
])('the weight of JSON in %j is %d', (accept, weight) => {
  expect(weightOf(accept, 'application/json')).toBe(weight)
})
