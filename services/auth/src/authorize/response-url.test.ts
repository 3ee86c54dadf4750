import { describe, expect, it } from 'vitest'
import { readState } from './read-state.ts'
import { responseUrl } from './response-url.ts'

const ISSUER = 'https://gate.test/auth'

describe('the redirect URI with an answer', () => {
  it.each([
    ['https://a.test/cb', 'https://a.test/cb?code=c&iss=https%3A%2F%2Fgate.test%2Fauth'],
    ['https://a.test/cb?x=%2F&y', 'https://a.test/cb?x=%2F&y&code=c&iss=https%3A%2F%2Fgate.test%2Fauth'],
    ['https://a.test/cb?', 'https://a.test/cb?code=c&iss=https%3A%2F%2Fgate.test%2Fauth'],
    ['https://a.test/cb?code=1&a=b&iss=x&state', 'https://a.test/cb?a=b&code=c&iss=https%3A%2F%2Fgate.test%2Fauth'],
    ['com.example:/cb', 'com.example:/cb?code=c&iss=https%3A%2F%2Fgate.test%2Fauth'],
  ])('of %s keeps its own query, with each word of ours once (AUT-08)', (redirectUri, expected) => {
    expect(responseUrl(ISSUER, redirectUri, undefined, { code: 'c' })).toBe(expected)
  })
})

describe('state', () => {
  it.each([
    ['a=b:c', 'state=a%3Db%3Ac', 'a%3Db%3Ac'],
    ['plus for space', 'x=1&state=a+b%2Bc', 'a%20b%2Bc'],
    ['bytes that are no UTF-8', 'state=%ff%00%fe', '%FF%00%FE'],
    ['letters sent raw', 'state=é', '%C3%A9'],
    ['a broken escape', 'state=100%', '100%25'],
    ['a line break', 'state=a%0d%0ab', 'a%0D%0Ab'],
    ['quotes and brackets', `state=%22%3Cb%3E'`, '%22%3Cb%3E%27'],
  ])('comes back byte for byte: %s (rule 24, AUT-06)', (_what, query, expected) => {
    expect(readState(query)).toBe(expected)
    expect(responseUrl(ISSUER, 'https://a.test/', readState(query), { code: 'c' })).toContain(`&state=${expected}&`)
  })

  it.each(['', 'a=1', 'state=', 'xstate=1'])('stays away when %j has none', (query) => {
    expect(readState(query)).toBeUndefined()
  })
})
