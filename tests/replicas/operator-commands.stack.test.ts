import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWithDocker } from '../support/docker.ts'
import { send } from '../support/http.ts'
import { gatehouse } from '../support/operator.ts'
import { redeem, refresh, type Tokens, tokensOf, verify } from './calls.ts'
import { type Replica, type Replicas, SECRET, startReplicas } from './replicas.ts'
import { approve, type PublicClient, registerClient } from './seed.ts'
import { useRedis } from './use-replicas.ts'

/** From the end of a command to the last replica that has heard of an ended grant. */
const HEARD_MS = 1_000
/** The same for a key: replicas read the keys every ten seconds, and confirm what they know every five. */
const KEYS_READ_MS = 15_000

describeWithDocker('the operator’s commands, with two replicas on one Redis', () => {
  const redis = useRedis()
  let replicas: Replicas
  let both: readonly Replica[]
  beforeAll(async () => {
    replicas = await startReplicas(redis.url)
    both = [replicas.first, replicas.second]
  })
  afterAll(() => replicas?.close())

  const operator = async (...args: readonly string[]) => {
    const environment = { PUBLIC_URL: replicas.publicUrl, STORE_URL: redis.url, GATEHOUSE_SECRET: SECRET }
    const outcome = await gatehouse(environment, ...args)
    expect(outcome.status, outcome.stderr).toBe(0)
    return outcome.stdout
  }
  const signIn = async (client: PublicClient): Promise<Tokens & { readonly grantId: string }> => {
    const approval = await approve({ stores: redis.stores, replicas, client })
    return { ...tokensOf(await redeem(replicas.first, client, approval)), grantId: approval.grantId }
  }
  const statuses = (token: string) => Promise.all(both.map((replica) => verify(replica, token)))
  const keysOf = async (replica: Replica) => {
    const { keys } = (await send(`${replica.internalUrl}/jwks.json`)).json() as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }

  it('end a grant and remove a client, and both replicas refuse within a second (REG-15)', async () => {
    const client = await registerClient(replicas)
    const [one, other] = [await signIn(client), await signIn(client)]
    expect([await statuses(one.access_token), await statuses(other.access_token)]).toEqual([
      [200, 200],
      [200, 200],
    ])
    await operator('grants', 'end', one.grantId)
    await vi.waitFor(async () => expect(await statuses(one.access_token)).toEqual([401, 401]), HEARD_MS)
    expect(await statuses(other.access_token)).toEqual([200, 200])
    await operator('clients', 'remove', client.clientId)
    await vi.waitFor(async () => expect(await statuses(other.access_token)).toEqual([401, 401]), HEARD_MS)
    for (const replica of both) expect((await refresh(replica, client, other.refresh_token)).body.error).toBe('invalid_client')
  })

  it('rotate the keys ahead of time: both replicas publish the new one, and no token is refused', async () => {
    const client = await registerClient(replicas)
    const { access_token: token } = await signIn(client)
    const before = await keysOf(replicas.first)
    const { kid } = JSON.parse(await operator('keys', 'rotate', '--json')) as { kid: string }
    await vi.waitFor(
      async () => {
        expect(await statuses(token)).toEqual([200, 200])
        for (const replica of both) expect(await keysOf(replica)).toEqual([...before, kid])
      },
      { timeout: KEYS_READ_MS, interval: 250 },
    )
    expect(await statuses(token)).toEqual([200, 200])
  })

  it('replace keys that are lost to somebody: their tokens end at both replicas, and refreshing is enough', async () => {
    const client = await registerClient(replicas)
    const tokens = await signIn(client)
    expect(await statuses(tokens.access_token)).toEqual([200, 200])
    const { kid } = JSON.parse(await operator('keys', 'rotate', '--now', '--json')) as { kid: string }
    await vi.waitFor(async () => expect(await statuses(tokens.access_token)).toEqual([401, 401]), {
      timeout: KEYS_READ_MS,
      interval: 250,
    })
    for (const replica of both) expect(await keysOf(replica)).toEqual([kid])
    const fresh = tokensOf(await refresh(replicas.second, client, tokens.refresh_token))
    expect(await statuses(fresh.access_token)).toEqual([200, 200])
  })
})
