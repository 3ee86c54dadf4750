import { expect, it } from 'vitest'
import type { Client } from '../oauth/client.ts'
import { createTestContext, OCTOCAT, REDIRECT_URI } from '../testing/test-context.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { decide } from './decide.ts'

const client: Client = {
  clientId: 'cli_AAAAAAAAAAAAAAAAAAAAAA',
  source: 'registered',
  redirectUris: [REDIRECT_URI],
  grantTypes: ['authorization_code', 'refresh_token'],
  responseTypes: ['code'],
  tokenEndpointAuthMethod: 'none',
  createdAt: 0,
}
const request: AuthorizationRequest = {
  requestId: 'AAAAAAAAAAAAAAAAAAAAAA',
  issuedAt: 0,
  clientId: client.clientId,
  redirectUri: REDIRECT_URI,
  codeChallenge: 'A'.repeat(43),
  resource: 'https://gate.test/memory/mcp',
  scopes: ['mcp'],
  prompts: [],
}
const octocat = { identity: OCTOCAT, signedInAt: 0 }
const approve = { decision: 'approve', scopes: ['mcp'] } as const

it('a second click of the same person gets the same redirect again', async () => {
  const context = await createTestContext()
  const first = await decide(context, request, client, octocat, approve)
  const second = await decide(context, request, client, octocat, approve)
  expect(second).toEqual({ outcome: first.outcome, isFirst: false })
})

it('whoever began a request and answers it too never gets the code that another person’s answer made', async () => {
  const context = await createTestContext()
  const { outcome } = await decide(context, request, client, octocat, approve)
  const mallory = { identity: { ...OCTOCAT, subject: 'github:666', login: 'mallory' }, signedInAt: 0 }
  await expect(decide(context, request, client, mallory, approve)).rejects.toMatchObject({ reason: 'answered_before' })
  const again = await decide(context, request, client, octocat, approve)
  expect(again.outcome.location).toBe(outcome.location)
})

it('nobody is sent to a client with the code of a stranger who answered first', async () => {
  const context = await createTestContext()
  const mallory = { identity: { ...OCTOCAT, subject: 'github:666', login: 'mallory' }, signedInAt: 0 }
  await decide(context, request, client, mallory, approve)
  await expect(decide(context, request, client, octocat, approve)).rejects.toMatchObject({ reason: 'answered_before' })
})
