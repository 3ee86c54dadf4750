import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@gatehouse/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatehouse, gatehouseIn } from '../../../tests/support/operator.ts'
import { createSigningKeys } from '../../auth/src/keys/create-signing-keys.ts'
import { openStores } from '../../auth/src/store/open-stores.ts'
import type { Stores } from '../../auth/src/store/stores.ts'
import { identity, sampleClient, sampleGrant, sampleRefresh } from '../../auth/src/store/testing/samples.ts'
import { inProcess } from './testing/in-process.ts'

const SECRET = 'kR7mfz0PzQd1vV0qJb4yTn6sXwL9uHc3'
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'))
const environment = { STORE_URL: `sqlite:${join(folder, 'gatehouse.db')}`, DATA_DIR: folder, GATEHOUSE_SECRET: SECRET }
const log = createLog('test', 'silent')

let stores: Stores
beforeAll(async () => {
  stores = await openStores(environment.STORE_URL, { clock: Date.now, log })
  await createSigningKeys({ store: stores.keys, secrets: [SECRET], clock: Date.now, log }).refresh()
})
afterAll(async () => {
  await stores.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => inProcess(environment, ...args)
const PATIENCE = { timeout: 60_000 }

describe('as a process', () => {
  it('does, and says by its status whether it did', PATIENCE, async () => {
    const [help, list, misuse, fault] = await Promise.all([
      gatehouse({}, '--help'),
      gatehouse(environment, 'keys', 'list', '--json'),
      gatehouse(environment, 'frobnicate'),
      gatehouse({ ...environment, STORE_URL: 'memory:' }, 'keys', 'list'),
    ])
    expect([help, list, misuse, fault].map(({ status }) => status)).toEqual([0, 0, 2, 1])
    expect(list.json()).toMatchObject({ keys: [{ state: 'signing' }] })
    expect(help.stdout).toContain('keys rotate')
    expect(misuse.stdout + fault.stdout).toBe('')
  })

  it('reads the settings file of the folder it is called in', PATIENCE, async () => {
    const place = join(folder, 'somewhere')
    mkdirSync(place)
    writeFileSync(join(place, '.env'), `STORE_URL=${environment.STORE_URL}\nGATEHOUSE_SECRET=${SECRET}\n`)
    const outcome = await gatehouseIn(place, { DATA_DIR: folder }, 'keys', 'list', '--json')
    expect(outcome.json().keys).not.toEqual([])
  })
})

describe('gatehouse', () => {
  it('explains itself, and each command', PATIENCE, async () => {
    const help = await run('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    const commands = [...help.stdout.matchAll(/^ {2}((?:keys|secrets|clients|grants) \w+|registration-token) {2,}\S/gm)]
    expect(commands.length).toBe(10)
    const [, name = ''] = commands[1] ?? []
    const more = await run(...name.split(' '), '--help')
    expect(more).toMatchObject({ status: 0, stderr: '' })
    expect(more.stdout).toContain(`gatehouse ${name}`)
    expect(help.stdout + more.stdout).not.toContain('\u001b')
  })

  it.each<[string, readonly string[], RegExp]>([
    ['nothing', [], /^$/],
    ['a command that is not there', ['frobnicate'], /no command frobnicate.*--help/],
    ['half a command', ['keys'], /gatehouse keys list, gatehouse keys rotate/],
    ['an option that is not there', ['keys', 'rotate', '--nwo'], /'--nwo'.*gatehouse keys rotate --help/],
    ['an argument too many', ['keys', 'list', 'all'], /'all'.*--help/],
    ['a duration without a unit', ['registration-token', '--expires', '30'], /--expires takes a number and s, m, h, d or w/],
    ['a year and a day', ['registration-token', '--expires', '366d'], /365d at most/],
    ['no use', ['registration-token', '--uses', '0'], /--uses takes/],
    ['a token instead of its id', ['registration-token', '--revoke', `iat_${'x'.repeat(90)}`], /the id of a token/],
    ['a client for the code flow without a redirect URI', ['clients', 'new'], /needs a --redirect-uri/],
    [
      'a redirect URI that nobody may have',
      ['clients', 'new', '--redirect-uri', 'javascript:alert(1)'],
      /--redirect-uri javascript:/,
    ],
    ['a public client that acts for itself', ['clients', 'new', '--public', '--grant', 'client_credentials'], /--public/],
    [
      'an id that looks registered',
      ['clients', 'new', '--id', 'cli_x', '--grant', 'client_credentials'],
      /must not begin with cli_/,
    ],
    ['no grant to end', ['grants', 'end'], /name grants/],
    ['grants and a person', ['grants', 'end', 'grt_1', '--user', 'x'], /name grants/],
    ['no client to remove', ['clients', 'remove'], /name the clients/],
  ])('answers %s with a sentence and status 2', PATIENCE, async (_what, args, sentence) => {
    const outcome = await run(...args)
    expect(outcome.status).toBe(2)
    expect(outcome.stderr.trim()).toMatch(sentence)
    expect(outcome.stderr).not.toMatch(/\n {4}at /)
  })

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'faults of the configuration, without their values',
      { PORT: 'http', GATEHOUSE_SECRET: 'hunter2' },
      /PORT.*\n.*GATEHOUSE_SECRET/,
    ],
    ['a store that was never made', { STORE_URL: `sqlite:${join(folder, 'nowhere.db')}` }, /no store at .*nowhere\.db/],
    ['a store that lives in another process', { STORE_URL: 'memory:' }, /memory: lives inside/],
    ['a store that is none', { STORE_URL: 'postgres://u:hunter2@db' }, /STORE_URL must be/],
    [
      'a Redis that is not there, without its password',
      { STORE_URL: 'redis://u:hunter2@127.0.0.1:1' },
      /the store does not answer/,
    ],
  ])('tells %s, with status 1', PATIENCE, async (_what, changes, sentence) => {
    const outcome = await inProcess({ ...environment, ...changes }, 'keys', 'list')
    expect(outcome).toMatchObject({ status: 1, stdout: '' })
    expect(outcome.stderr).toMatch(sentence)
    expect(outcome.stderr).not.toMatch(/hunter2|\n {4}at /)
  })

  it('says what it is doing when that takes more than a second', PATIENCE, async () => {
    const outcome = await inProcess({ ...environment, STORE_URL: 'redis://127.0.0.1:1' }, 'keys', 'list')
    expect(outcome.stderr).toMatch(/^reading the keys …\n/)
  })

  it('reads values from files, as the services do', PATIENCE, async () => {
    const file = join(folder, 'secret-file')
    writeFileSync(file, `${SECRET}\n`)
    const { GATEHOUSE_SECRET: _, ...others } = environment
    const outcome = await inProcess({ ...others, GATEHOUSE_SECRET_FILE: file }, 'keys', 'list', '--json')
    expect(outcome.json()).toMatchObject({ keys: [{ state: 'signing', secret: 1 }] })
  })
})

describe('gatehouse keys and secrets', () => {
  it('shows keys and never their private halves', PATIENCE, async () => {
    const [stored] = await stores.keys.list()
    const people = await run('keys', 'list')
    const [heading, line = ''] = people.stdout.split('\n')
    expect(heading).toMatch(/^KEY +STATE +SIGNS FROM +REMOVED AT +SEALED WITH$/)
    expect(line).toMatch(new RegExp(`^${stored?.kid}  signing  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC +secret 1$`))
    expect(people.stdout + (await run('keys', 'list', '--json')).stdout).not.toContain(stored?.sealedPrivateJwk)
  })

  it('rotates, and says from when the new key signs', PATIENCE, async () => {
    const outcome = await run('keys', 'rotate', '--json')
    const now = Date.now()
    expect(outcome.json()).toEqual({ kid: expect.any(String), activatesAt: expect.any(String), removed: [] })
    const ahead = Date.parse(String(outcome.json().activatesAt)) - now
    expect(ahead).toBeGreaterThan(570_000)
    expect(ahead).toBeLessThanOrEqual(600_000)
    const states = ((await run('keys', 'list', '--json')).json().keys as { state: string }[]).map(({ state }) => state)
    expect(states).toEqual(['next', 'signing'])
  })

  it('tells a secret that is missing by status 1', PATIENCE, async () => {
    const other = { ...environment, GATEHOUSE_SECRET: 'aZ3kP8qLw0xT5vR7nY2mB6cJ9dF1gH4s' }
    const outcome = await inProcess(other, 'secrets', 'check')
    expect(outcome.status).toBe(1)
    expect(outcome.stdout).toContain('secret 1 of 1: 0 signing keys')
    expect(outcome.stderr).toMatch(/2 signing keys cannot be opened/)
    expect(await run('secrets', 'check')).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('gatehouse registration-token', () => {
  it('prints a token alone, and what is to be known about it beside that', PATIENCE, async () => {
    const outcome = await inProcess({ ...environment, REGISTRATION: 'token' }, 'registration-token', '--expires', '12h')
    expect(outcome.status).toBe(0)
    expect(outcome.stdout).toMatch(/^iat_[A-Za-z0-9_-]+\n$/)
    expect(outcome.stderr).toMatch(/^Good until .* UTC\. Its id, to revoke it: [A-Za-z0-9_-]{11}\n$/)
  })

  it('says when nobody asks for tokens here, and revokes one', PATIENCE, async () => {
    const outcome = await run('registration-token', '--json', '--uses', '3')
    expect(outcome.stderr).toContain('REGISTRATION is open')
    const { token, id, uses } = outcome.json()
    expect({ token, uses }).toEqual({ token: expect.stringMatching(/^iat_/), uses: 3 })
    expect((await run('registration-token', '--revoke', String(id))).stdout).toContain('registers nobody any more')
    expect(await stores.expiring.find('revoked-registration-token', String(id))).toBe('1')
  })
})

describe('gatehouse clients', () => {
  it('lists and removes clients that registered, with everything people allowed them', PATIENCE, async () => {
    const used = sampleClient(Date.now, { clientName: 'Us\u001b[2Jed\u202e', secretHash: 'digest-of-a-secret' })
    const unused = sampleClient(Date.now, { clientName: 'Unused' })
    for (const client of [used, unused]) await stores.clients.create(client, client.clientId, 100)
    await stores.clients.markUsed(used.clientId)
    const grant = sampleGrant(Date.now, { clientId: used.clientId })
    await stores.grants.create(grant, sampleRefresh(Date.now))

    const document = sampleGrant(Date.now, { clientId: 'https://app.test/client' })
    await stores.grants.create(document, sampleRefresh(Date.now))
    const clientsFile = join(folder, 'clients.json')
    writeFileSync(
      clientsFile,
      JSON.stringify({ clients: [{ client_id: 'nightly', client_secret: SECRET, grant_types: ['client_credentials'] }] }),
    )
    const list = (...args: readonly string[]) =>
      inProcess({ ...environment, CLIENTS_CONFIG: clientsFile }, 'clients', 'list', ...args)

    const people = await list()
    expect(people.stdout).toMatch(new RegExp(`^${used.clientId} .* registered .* 1 +http`, 'm'))
    expect(people.stdout).toMatch(new RegExp(`^${unused.clientId} .* never used, forgotten \\d{4}-`, 'm'))
    const listed = await list('--json')
    expect(listed.json().clients).toEqual([
      expect.objectContaining({ clientId: 'nightly', source: 'clients file', people: 0 }),
      expect.objectContaining({ clientId: unused.clientId, forgottenAt: expect.any(String), people: 0 }),
      expect.objectContaining({ clientId: used.clientId, source: 'registered', people: 1 }),
      { clientId: 'https://app.test/client', source: 'document', people: 1 },
    ])
    for (const text of [people.stdout, listed.stdout])
      expect(text).not.toMatch(new RegExp(`digest-of-a-secret|hash|${SECRET}`, 'i'))
    for (const control of ['\u001b', '\u202e']) expect(people.stdout).not.toContain(control)

    const removed = await run('clients', 'remove', used.clientId, 'https://app.test/client', 'cli_nobody')
    expect(removed.stdout.split('\n')).toEqual([
      `${used.clientId} removed, 1 grant ended`,
      'https://app.test/client is not registered; 1 grant ended',
      'cli_nobody is not registered; 0 grants ended',
      '',
    ])
    expect(await stores.clients.find(used.clientId)).toBeUndefined()
    for (const { id } of [grant, document]) expect(await stores.grants.find(id)).toBeUndefined()
    expect((await run('clients', 'remove', 'cli_nobody')).status).toBe(1)
  })

  it('prints an entry for the clients file, each time with another secret', PATIENCE, async () => {
    const args = ['clients', 'new', '--name', 'Claude', '--redirect-uri', 'https://claude.ai/api/mcp/auth_callback']
    const [first, second] = [await run(...args), await run(...args)]
    const entry = first.json()
    expect(entry).toEqual({
      client_id: expect.stringMatching(/^claude-[a-z0-9]{4}$/),
      client_secret: expect.stringMatching(/^sec_[A-Za-z0-9_-]{43}$/),
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    })
    expect(first.stderr).toContain('CLIENTS_CONFIG')
    expect(second.json().client_secret).not.toBe(entry.client_secret)
    // It is what the services read.
    const { parseClientsFile } = await import('../../auth/src/clients/clients-file.ts')
    const machine = (await run('clients', 'new', '--id', 'nightly', '--grant', 'client_credentials', '--json')).json()
    const app = (await run('clients', 'new', '--id', 'app', '--public', '--redirect-uri', 'com.example.app:/cb')).json()
    const file = parseClientsFile(JSON.stringify({ clients: [entry, machine, app] }), 'clients.json')
    expect(file.clients).toHaveLength(3)
  })
})

describe('gatehouse grants', () => {
  it('lists and ends grants: one, a client’s, a person’s', PATIENCE, async () => {
    const person = identity()
    const other = identity()
    const grants = [
      sampleGrant(Date.now, { identity: person, clientId: 'one' }),
      sampleGrant(Date.now, { identity: person, clientId: 'two' }),
      sampleGrant(Date.now, { identity: other, clientId: 'two', via: 'device_code' }),
      sampleGrant(Date.now, { identity: other, clientId: 'three' }),
    ]
    const secret = 'refresh-hash-of-the-first'
    for (const grant of grants) await stores.grants.create(grant, { ...sampleRefresh(Date.now), refreshHash: secret })
    await stores.sessions.put('browser', { identity: other, signedInAt: 1 }, 600)
    const list = async (...args: readonly string[]) => {
      const outcome = await run('grants', 'list', '--json', ...args)
      expect(outcome.stdout).not.toContain(secret)
      return (outcome.json().grants as { grantId: string }[]).map(({ grantId }) => grantId).sort()
    }
    const ids = grants.map(({ id }) => id)
    expect(await list()).toEqual([...ids].sort())
    expect(await list('--user', person.subject)).toEqual([ids[0], ids[1]])
    expect(await list('--client', 'two')).toEqual([ids[1], ids[2]])
    expect((await run('grants', 'list')).stdout).toMatch(new RegExp(`^${ids[2]}  ${other.subject} .* device_code `, 'm'))

    expect((await run('grants', 'end', ids[0] ?? '')).stdout).toBe('1 grant ended.\n')
    expect((await run('grants', 'end', ids[0] ?? '')).status).toBe(1)
    expect((await run('grants', 'end', '--client', 'two', '--user', other.subject)).stdout).toBe('1 grant ended.\n')
    expect(await stores.sessions.find('browser')).toBeDefined()
    expect((await run('grants', 'end', '--user', other.subject)).stdout).toBe('1 grant ended.\n')
    expect(await stores.sessions.find('browser')).toBeUndefined()
    expect(await list()).toEqual([ids[1]])
  })
})
