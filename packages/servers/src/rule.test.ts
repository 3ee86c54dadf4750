import { describe, expect, it } from 'vitest'
import { isAllowed, matchesGlob, type Person, parseRule, parseRules } from './rule.ts'

const person = (facts: Partial<Person>): Person => ({ provider: 'github', groups: [], organizations: [], teams: [], ...facts })

describe('a rule', () => {
  it.each<[string, string, Partial<Person>, boolean]>([
    ['the login', 'github:Octocat', { login: 'octoCat' }, true],
    ['another login', 'github:octocat', { login: 'octocat2' }, false],
    ['the login at another provider', 'github:octocat', { provider: 'google', login: 'octocat' }, false],
    ['no login', 'github:octocat', {}, false],
    ['the organisation', 'github-org:Acme', { organizations: ['acme'] }, true],
    ['another organisation', 'github-org:acme', { organizations: ['acme-evil'] }, false],
    ['the organisation at another provider', 'github-org:acme', { provider: 'oidc', organizations: ['acme'] }, false],
    ['the team', 'github-team:acme/dev', { teams: ['acme/dev'] }, true],
    ['the team of another organisation', 'github-team:acme/dev', { teams: ['evil/dev'] }, false],
    ['the address', 'email:ann@example.com', { email: 'Ann@Example.COM' }, true],
    ['the domain', 'email:*@example.com', { email: 'ann@example.com' }, true],
    ['a domain below', 'email:*@example.com', { email: 'ann@sub.example.com' }, false],
    ['a domain that ends like it', 'email:*@example.com', { email: 'ann@evil-example.com' }, false],
    ['two at signs', 'email:*@example.com', { email: 'ann@evil.org@example.com' }, false],
    ['no address', 'email:*@example.com', {}, false],
    ['the group', 'group:Admins', { groups: ['Admins'] }, true],
    ['the group in another case', 'group:Admins', { groups: ['admins'] }, false],
    ['the program', 'client:nightly-report', { provider: 'client', login: 'nightly-report' }, true],
    ['another program', 'client:nightly-report', { provider: 'client', login: 'nightly' }, false],
    ['a person with the name of a program', 'client:nightly-report', { login: 'nightly-report' }, false],
    ['a program with the name of a person', 'github:octocat', { provider: 'client', login: 'octocat' }, false],
    ['anybody', '*', {}, true],
  ])('for %s: %s', (_who, rule, facts, allowed) => {
    expect(isAllowed([parseRule(rule)], person(facts))).toBe(allowed)
  })

  it.each([
    '',
    'octocat',
    'github:',
    'github:-x',
    'github:a b',
    'github-team:acme',
    'email:example.com',
    'email:a@b@c',
    'group:',
    'client:',
    'GitHub:x',
    '**',
  ])('is none: "%s"', (text) => {
    expect(() => parseRule(text)).toThrow('is not a rule')
  })

  it('lets nobody in when there is none', () => {
    expect(parseRules(' ,\n ')).toEqual([])
    expect(isAllowed([], person({ login: 'octocat' }))).toBe(false)
  })

  it('may be one of several, separated by commas or white space', () => {
    expect(parseRules('github:one, github:two\n*')).toHaveLength(3)
  })
})

describe('matchesGlob', () => {
  it.each([
    ['get_*', 'get_user', true],
    ['get_*', 'forget_user', false],
    ['*_user', 'get_user', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*', '', true],
    ['**', 'x', true],
    ['', '', true],
    ['', 'x', false],
    ['get.user', 'getXuser', false],
    ['[a]', 'a', false],
    ['get_user', 'GET_USER', false],
    ['*@example.com', '@example.com', true],
  ])('%s and %s: %s', (pattern, text, matches) => {
    expect(matchesGlob(pattern, text)).toBe(matches)
  })

  it('takes no time to speak of for long texts and many stars', () => {
    const started = performance.now()
    expect(matchesGlob(`${'a*'.repeat(50)}b`, 'a'.repeat(50_000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(100)
  })
})
