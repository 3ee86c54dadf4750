import { describe, expect, it } from 'vitest'
import { configuredClient } from '../testing/machines.ts'
import { identifyClient } from './identify-client.ts'
import type { TokenGrant } from './token-grant.ts'

const proved = configuredClient('proved')
const shown = configuredClient('shown')
const context = { authenticateClient: async () => proved }
const grantThat = (identify?: TokenGrant['identify']): TokenGrant => ({
  grantType: 'x',
  redeem: () => Promise.reject(new Error('not asked')),
  ...(identify ? { identify } : {}),
})

describe('which client calls', () => {
  it.each<[string, TokenGrant, string | undefined, Readonly<Record<string, string>>, string]>([
    ['the one that proves itself', grantThat(), undefined, {}, 'proved'],
    ['the one that the grant shows', grantThat(async () => shown), undefined, { client_id: 'proved' }, 'shown'],
    ['the one that proves itself, when the grant shows none', grantThat(async () => undefined), undefined, {}, 'proved'],
    ['by a header, whatever the grant shows', grantThat(async () => shown), 'Basic x', {}, 'proved'],
    ['by a secret, whatever the grant shows', grantThat(async () => shown), undefined, { client_secret: 'x' }, 'proved'],
    ['by an assertion, whatever the grant shows', grantThat(async () => shown), undefined, { client_assertion: 'x' }, 'proved'],
  ])('is %s', async (_what, grant, authorization, params, expected) => {
    expect((await identifyClient(context, grant, authorization, params)).clientId).toBe(expected)
  })
})
