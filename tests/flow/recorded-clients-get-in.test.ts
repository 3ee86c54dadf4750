import { afterAll, describe, expect, it } from 'vitest'
import { PASSWORD, startGateway } from '../support/gateway.ts'
import { OAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { CLIENTS } from './client-fixtures.ts'

const gateway = await startGateway()
afterAll(() => gateway.close())

const person = createPerson({ password: PASSWORD, from: 'https://client.example' })

describe.each(CLIENTS)('$name, that knows only the URL, gets in', ({ profile, redirectUris, authMethod }) => {
  it.each(redirectUris)(
    'and stays in after a refresh, coming back at %s (rules 1, 13 to 19, 24, 26, 30)',
    async (redirectUri) => {
      const client = new OAuthClient(gateway.server(), { ...profile, redirectUri })
      await client.discover()
      const registration = await client.register()
      expect(registration.token_endpoint_auth_method).toBe(authMethod)
      expect(registration.client_secret === undefined).toBe(authMethod === 'none')
      const first = await client.signIn(person)
      expect(await client.call('tools/list')).toHaveProperty('result.tools')
      const second = await client.refreshTokens()
      expect(second.refresh_token).not.toBe(first.refresh_token)
      expect(await client.knock(second.access_token)).toBe('open')
    },
  )
})
