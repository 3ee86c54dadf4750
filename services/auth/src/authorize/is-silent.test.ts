import { afterAll, expect, it } from 'vitest'
import type { RegisteredClient } from '../oauth/client.ts'
import { createFlow } from '../testing/sign-in-flow.ts'

const flow = await createFlow()
afterAll(() => flow.app.close())

const configured = (members: Partial<RegisteredClient>) =>
  flow.addClient({ source: 'configured' as 'registered', clientName: 'Command line', ...members })

it.each<[string, Partial<RegisteredClient>, boolean]>([
  ['that anybody on the device could pass for', { tokenEndpointAuthMethod: 'none' }, true],
  [
    'that may prove itself or not',
    { tokenEndpointAuthMethod: 'private_key_jwt', tokenEndpointAuthMethods: ['private_key_jwt', 'none'] },
    true,
  ],
  ['that always proves itself', { tokenEndpointAuthMethod: 'client_secret_basic' }, false],
  ['on a web site', { redirectUris: ['https://client.test/callback'] }, false],
])('a program %s, set up by the operator: is its person asked again? (RFC 8252 §8.6)', async (_what, members, isAsked) => {
  const client = await configured(members)
  const browser = flow.browser()
  await browser.press(await browser.reachConsent(flow.authorizeUrl(client)), 'approve')
  const again = await browser.get((await browser.get(flow.authorizeUrl(client))).location?.href ?? '')
  expect(again.page.text.includes('Allow “Command line”')).toBe(isAsked)
})
