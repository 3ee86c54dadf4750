import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { startFakeGithub } from '../../../../tests/support/fake-github.ts'
import { randomSecret } from '../oauth/secret.ts'
import { createGithub } from './github.ts'
import type { LoginAttempt } from './identity-provider.ts'

const fake = await startFakeGithub()
afterAll(() => fake.close())
beforeEach(() => {
  fake.setUser({ id: 583231, login: 'octocat', name: 'The Octocat' })
  fake.setDecision('approve')
})

const options = { clientId: fake.clientId, clientSecret: fake.clientSecret, url: fake.url, needsOrganizations: true }
const signal = () => AbortSignal.timeout(5000)
const newAttempt = (): LoginAttempt => ({
  state: randomSecret(),
  codeVerifier: randomSecret(),
  nonce: randomSecret(),
  redirectUri: 'https://gate.test/callback/github',
})

/** What GitHub sends the browser back with. */
async function callbackOf(provider = createGithub(options), attempt = newAttempt()) {
  const response = await fetch(await provider.loginUrl(attempt, signal()), { redirect: 'manual' })
  return { provider, attempt, callback: new URL(response.headers.get('location') ?? '').searchParams }
}

async function signIn(changes: Partial<typeof options> = {}) {
  const { provider, attempt, callback } = await callbackOf(createGithub({ ...options, ...changes }))
  return provider.completeLogin(attempt, callback, signal())
}

describe('GitHub', () => {
  it('is asked for organisations only when a rule is about one', async () => {
    const scopes = async (needsOrganizations: boolean) =>
      (await createGithub({ ...options, needsOrganizations }).loginUrl(newAttempt(), signal())).searchParams.get('scope')
    expect(await scopes(true)).toBe('read:user,user:email,read:org')
    expect(await scopes(false)).toBe('read:user,user:email')
    fake.setUser({ id: 1, login: 'a', orgs: ['acme'], teams: ['acme/x'] })
    expect(await signIn({ needsOrganizations: false })).toMatchObject({ organizations: [], teams: [] })
  })

  it('gets a PKCE challenge, and its code is of no use without the verifier', async () => {
    const { provider, attempt, callback } = await callbackOf()
    const stolen = { ...attempt, codeVerifier: randomSecret() }
    await expect(provider.completeLogin(stolen, callback, signal())).rejects.toMatchObject({ fault: 'rejected' })
  })

  it('says who the person is: number, login, name, verified primary address, organisations and teams in lower case', async () => {
    fake.setUser({
      id: 9,
      login: 'Ada',
      name: 'Ada L.',
      emails: [
        { email: 'other@example.com', primary: false, verified: true },
        { email: 'ada@example.com', primary: true, verified: true },
      ],
      orgs: ['ACME'],
      teams: ['ACME/Core'],
    })
    expect(await signIn()).toEqual({
      subject: 'github:9',
      provider: 'github',
      login: 'Ada',
      name: 'Ada L.',
      email: 'ada@example.com',
      groups: [],
      organizations: ['acme'],
      teams: ['acme/core'],
    })
  })

  it('reads organisations and teams to the last page', async () => {
    fake.setUser({ id: 9, login: 'a', orgs: Array.from({ length: 250 }, (_, index) => `org-${index}`) })
    expect((await signIn()).organizations).toHaveLength(250)
  })

  it.each([
    ['token', 'server-error', 'unavailable'],
    ['token', 'not-json', 'unavailable'],
    ['token', 'error-body', 'rejected'],
    ['user', 'server-error', 'unavailable'],
    ['user', 'not-json', 'unavailable'],
    ['user', 'error-body', 'unavailable'],
    ['emails', 'server-error', 'unavailable'],
    ['emails', 'not-json', 'unavailable'],
    ['orgs', 'server-error', 'unavailable'],
    ['teams', 'error-body', 'unavailable'],
  ] as const)('at %s answering %s is %s, never a person without their groups (CBK-04)', async (place, fault, expected) => {
    fake.setFault(place, fault)
    await expect(signIn().finally(() => fake.setFault(place, undefined))).rejects.toMatchObject({ fault: expected })
  })

  it('that does not answer is given up when the signal fires (FLT-15)', async () => {
    const { provider, attempt, callback } = await callbackOf()
    fake.setFault('token', 'hang')
    const started = Date.now()
    const attemptToSignIn = provider.completeLogin(attempt, callback, AbortSignal.timeout(200))
    await expect(attemptToSignIn.finally(() => fake.setFault('token', undefined))).rejects.toMatchObject({ fault: 'unavailable' })
    expect(Date.now() - started).toBeLessThan(2000)
  })

  it('that is not there is unavailable', async () => {
    const { attempt, callback } = await callbackOf()
    const gone = createGithub({ ...options, url: 'http://127.0.0.1:9' })
    await expect(gone.completeLogin(attempt, callback, signal())).rejects.toMatchObject({ fault: 'unavailable' })
  })

  it('reports a person’s no as one', async () => {
    fake.setDecision('deny')
    await expect(signIn()).rejects.toMatchObject({ fault: 'denied' })
  })

  it.each([
    ['https://github.com', 'https://github.com/login/oauth/authorize'],
    ['https://github.example.com/', 'https://github.example.com/login/oauth/authorize'],
    ['https://acme.ghe.com', 'https://acme.ghe.com/login/oauth/authorize'],
  ])('at %s signs people in at %s', async (url, expected) => {
    const login = await createGithub({ ...options, url }).loginUrl({ ...newAttempt(), chooseAccount: true }, signal())
    expect(login.origin + login.pathname).toBe(expected)
    expect(login.searchParams.get('prompt')).toBe('select_account')
  })
})
