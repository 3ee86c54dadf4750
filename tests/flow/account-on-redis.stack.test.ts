import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { post, redeem, revoke, type Tokens, tokensOf, verify } from '../replicas/calls.ts'
import { PASSWORD, type Replica } from '../replicas/replicas.ts'
import { approve } from '../replicas/seed.ts'
import { useRedis, useReplicas } from '../replicas/use-replicas.ts'
import { openPage, sendForm } from '../support/account.ts'
import { clientSecretOf, writeClientsFile } from '../support/clients-file.ts'
import { describeWithDocker } from '../support/docker.ts'
import { encodeForm } from '../support/http.ts'
import { createPerson } from '../support/person.ts'

/** How late another replica may learn of an end (REV-01, OPS-07). */
const SEEN_WITHIN_MS = 1_000
const SERVER = 'echo-server'

describeWithDocker('the account and its tokens, on two processes with one Redis', () => {
  const person = createPerson({ password: PASSWORD })
  const setup = useReplicas(useRedis(), {
    LOG_LEVEL: 'info',
    CLIENTS_CONFIG: writeClientsFile({
      clients: [{ client_id: SERVER, client_secret: clientSecretOf(SERVER), grant_types: ['client_credentials'] }],
    }),
  })
  beforeAll(async () => {
    await account()
  })

  const account = () => openPage({ url: setup.replicas.publicUrl }, person, '/account', PASSWORD)
  const both = (): Replica[] => [setup.replicas.first, setup.replicas.second]
  const signIn = async (): Promise<Tokens & { readonly grantId: string }> => {
    const approval = await approve(setup)
    return { ...tokensOf(await redeem(setup.replicas.first, setup.client, approval)), grantId: approval.grantId }
  }
  const introspect = async ({ url }: Replica, token: string) =>
    (await post(`${url}/introspect`, { client_id: SERVER, client_secret: clientSecretOf(SERVER), token })).body

  /** Asks every replica until it says no. @returns the longest that it took, in milliseconds */
  const untilRefused = async (token: string): Promise<number> => {
    const start = performance.now()
    for (const replica of both()) {
      while ((await verify(replica, token)) !== 401) {
        if (performance.now() - start > SEEN_WITHIN_MS) return Number.POSITIVE_INFINITY
        await wait(1)
      }
    }
    return performance.now() - start
  }
  const expectOpen = async (...tokens: readonly string[]) => {
    for (const token of tokens) expect(await Promise.all(both().map((replica) => verify(replica, token)))).toEqual([200, 200])
  }

  it('an access token that is given back at one is refused at the other, and no other of its sign-in (REV-01)', async () => {
    const tokens = await signIn()
    const next = tokensOf(
      await post(`${setup.replicas.second.url}/token`, {
        grant_type: 'refresh_token',
        client_id: setup.client.clientId,
        refresh_token: tokens.refresh_token,
      }),
    )
    await expectOpen(tokens.access_token, next.access_token)
    expect((await revoke(setup.replicas.first, setup.client, tokens.access_token)).status).toBe(200)
    expect(await untilRefused(tokens.access_token)).toBeLessThan(SEEN_WITHIN_MS)
    await expectOpen(next.access_token)
    expect(await introspect(setup.replicas.second, tokens.access_token)).toEqual({ active: false })
    expect(await introspect(setup.replicas.second, next.access_token)).toMatchObject({
      active: true,
      client_id: setup.client.clientId,
    })
  })

  it('an app that a person disconnects is refused at both (OPS-07)', async () => {
    const tokens = await signIn()
    await expectOpen(tokens.access_token)
    await sendForm(person, await account(), '/account/disconnect', { grant: tokens.grantId })
    expect(await untilRefused(tokens.access_token)).toBeLessThan(SEEN_WITHIN_MS)
    expect(
      both().some((replica) => replica.log().includes('"reason":"disconnected_by_person","actor":"password:operator"')),
    ).toBe(true)
  })

  it('twenty sendings of one form, to both, make one personal token, which works at both until it is revoked (OPS-05)', async () => {
    const resource = `${setup.replicas.publicUrl}/echo/mcp`
    const page = await openPage(
      { url: setup.replicas.publicUrl },
      person,
      `/account/tokens/new?${encodeForm({ resource })}`,
      PASSWORD,
    )
    const send = () => sendForm(person, page, '/account/tokens', { resource }, { name: 'on two replicas', days: '7' })
    const shown = await Promise.all(Array.from({ length: 20 }, send))
    const tokens = shown.flatMap(({ html }) => /pat_[\w-]{65}/.exec(html)?.[0] ?? [])
    expect(tokens).toHaveLength(1)
    const [token = ''] = tokens
    await expectOpen(token)
    const [active] = await setup.stores.grants.listBySubject('password:operator')
    await sendForm(person, await account(), '/account/tokens/revoke', { grant: active?.grant.id ?? '' })
    expect(await untilRefused(token)).toBeLessThan(SEEN_WITHIN_MS)
    for (const replica of both()) expect(replica.log()).not.toContain(token.slice(26))
  })

  it('everything that a person ends is refused at both, and so are their browsers', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, signIn))
    await expectOpen(...all.map((tokens) => tokens.access_token))
    const done = await sendForm(person, await account(), '/account/sign-out', {}, { what: 'everything' })
    expect(done.page.title).toBe('Signed out everywhere · Gatehouse')
    for (const { access_token: token } of all) expect(await untilRefused(token)).toBeLessThan(SEEN_WITHIN_MS)
    const arrival = await person.open(`${setup.replicas.publicUrl}/account`)
    expect(arrival.kind === 'page' && arrival.visit.url.pathname).toBe('/sign-in')
  })
})
