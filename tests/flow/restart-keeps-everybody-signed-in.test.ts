import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Gateway, PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-restart-'))
const STORE_URL = `sqlite:${join(dataDir, 'gatehouse.db')}`
let gateway: Gateway = await startGateway({ STORE_URL }, { dataDir })
afterAll(async () => {
  await gateway.close()
  rmSync(dataDir, { recursive: true, force: true })
})

async function restart(): Promise<void> {
  const { clock, port } = gateway
  await gateway.close()
  gateway = await startGateway({ STORE_URL }, { dataDir, clock, port })
}

describe('after a restart on the same SQLite file', () => {
  it('tokens, clients, approvals and browsers are what they were (rule 20)', async () => {
    const person = createPerson({ password: PASSWORD })
    const client = new OAuthClient(gateway.server())
    await client.signIn(person)
    const old = client.tokens?.refresh_token
    await client.refreshTokens()

    await restart()
    expect(await client.knock()).toBe('open')
    const again = await client.refresh(old)
    expect(again.json().refresh_token).toBe(client.tokens?.refresh_token)
    await client.refreshTokens()
    expect(await client.knock()).toBe('open')

    const before = person.visits.length
    await client.signIn(person)
    const seen = person.visits.slice(before)
    expect(seen.some((visit) => visit.html.includes('name="password"'))).toBe(false)
  })

  it('a revoked grant stays revoked', async () => {
    const client = new OAuthClient(gateway.server())
    await client.signIn(createPerson({ password: PASSWORD }))
    await fetch(`${gateway.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: client.tokens?.refresh_token ?? '', client_id: client.registration.client_id }),
    })
    await restart()
    expect(await client.knock()).toBe(401)
    expect((await client.refresh()).json().error).toBe('invalid_grant')
  })

  it('a sign-in that was under way is finished', async () => {
    const person = createPerson({ password: PASSWORD })
    const client = new OAuthClient(gateway.server())
    await client.discover()
    await client.register()
    const attempt = client.prepareAuthorization()
    const answer = await client.authorize(person, attempt)
    await restart()
    expect((await client.exchange(answer.get('code') ?? '', attempt)).status).toBe(200)
  })
})
