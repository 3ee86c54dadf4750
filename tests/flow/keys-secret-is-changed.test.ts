import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inProcess } from '../../services/cli/src/testing/in-process.ts'
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const OLD = 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'
const NEW = 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s'
const CONFIRMED_SECONDS = 5

const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-secret-'))
const STORE_URL = `sqlite:${join(dataDir, 'gatehouse.db')}`
let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway({ STORE_URL, GATEHOUSE_SECRET: OLD }, { dataDir })
})
afterAll(async () => {
  await gateway.close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function restart(secrets: string): Promise<void> {
  const { clock, port } = gateway
  await gateway.close()
  gateway = await startGateway({ STORE_URL, GATEHOUSE_SECRET: '', GATEHOUSE_SECRETS: secrets }, { dataDir, clock, port })
}

const operator = (secrets: string, ...args: readonly string[]) =>
  inProcess({ STORE_URL, DATA_DIR: dataDir, GATEHOUSE_SECRETS: secrets }, ...args)

describe('GATEHOUSE_SECRET, changed in the three steps of docs/operations.md', () => {
  it('signs nobody out and refuses no token (CFG-08)', { timeout: 60_000 }, async () => {
    const person = createPerson({ password: PASSWORD })
    const client = new OAuthClient(gateway.server())
    await client.signIn(person)
    const first = client.tokens?.access_token
    const rotated = client.tokens?.refresh_token
    await client.refreshTokens()
    /** The first token, the newest token, a refresh, a repeated refresh, and the browser: all as if nothing had happened. */
    const expectNobodyNoticed = async () => {
      expect(await client.knock(first)).toBe('open')
      expect(await client.knock()).toBe('open')
      const presented = client.tokens?.refresh_token
      await client.refreshTokens()
      expect((await client.refresh(presented)).json().refresh_token).toBe(client.tokens?.refresh_token)
      const before = person.visits.length
      await client.signIn(person)
      expect(person.visits.slice(before).some((visit) => visit.html.includes('name="password"'))).toBe(false)
    }
    await expectNobodyNoticed()

    // A person looks at the consent page, and another has approved, while the operator takes step 1.
    const waiting = client.prepareAuthorization({ prompt: 'consent' })
    const arrival = await person.open(waiting.url, waiting.redirectUri)
    const approved = client.prepareAuthorization()
    const answer = await client.authorize(person, approved)

    await restart(`${NEW},${OLD}`)
    expect((await client.exchange(answer.get('code') ?? '', approved)).status).toBe(200)
    if (arrival.kind !== 'page') throw new Error('a page was expected')
    const after = await person.press(arrival.visit, { name: 'decision', value: 'approve' }, {}, waiting.redirectUri)
    expect(after.kind === 'client' || after.visit.status === 200).toBe(true)
    await expectNobodyNoticed()

    const check = await operator(`${NEW},${OLD}`, 'secrets', 'check', '--json')
    expect(check.json()).toEqual({ secrets: [{ signingKeys: 0 }, { signingKeys: 1 }], unreadable: [] })
    const reseal = await operator(`${NEW},${OLD}`, 'secrets', 'reseal')
    expect(reseal).toMatchObject({ status: 0, stdout: 'Signing keys: 1 sealed anew, 0 were so already.\n' })
    expect((await operator(`${NEW},${OLD}`, 'secrets', 'check')).stdout).toContain('The others can be taken out')
    await expectNobodyNoticed()

    await restart(NEW)
    await expectNobodyNoticed()
    expect((await operator(NEW, 'secrets', 'check')).status).toBe(0)
    // Only what was rotated under the old secret is no longer known for a token of ours: it is refused, and nobody is harmed.
    gateway.clock.advance(121)
    expect((await client.refresh(rotated)).json().error).toBe('invalid_grant')
    await client.refreshTokens()
    expect(gateway.logs()).not.toContain('signing_key_unreadable')
  })
})

describe('GATEHOUSE_SECRET, lost', () => {
  it('costs an access token, and no refresh token and no browser session (FLT-18)', { timeout: 60_000 }, async () => {
    const person = createPerson({ password: PASSWORD })
    const client = new OAuthClient(gateway.server())
    await client.signIn(person)
    await restart(OLD)
    gateway.clock.advance(CONFIRMED_SECONDS)
    expect(await client.knock()).toBe(401)
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')
    expect(gateway.logs()).toContain('"event":"signing_key_unreadable"')
    const before = person.visits.length
    await client.signIn(person)
    expect(person.visits.slice(before).some((visit) => visit.html.includes('name="password"'))).toBe(false)

    const check = await operator(OLD, 'secrets', 'check')
    expect(check.status).toBe(1)
    expect(check.stderr).toContain('--remove-unreadable')
    expect((await operator(OLD, 'secrets', 'reseal', '--remove-unreadable')).stdout).toContain('1 removed')
    expect((await operator(OLD, 'secrets', 'check')).status).toBe(0)
    expect(await client.knock()).toBe('open')
  })
})
