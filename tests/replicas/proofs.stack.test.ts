import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { makeProof, proofSigner } from '../../services/auth/src/testing/proofs.ts'
import { describeWithDocker } from '../support/docker.ts'
import { rounds } from '../support/figures.ts'
import { encodeForm } from '../support/http.ts'
import { fifty } from './fifty.ts'
import type { Replica } from './replicas.ts'
import { approve } from './seed.ts'
import { useRedis, useReplicas } from './use-replicas.ts'

const RACES = rounds(20, 500)
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describeWithDocker('a client with a key of its own, at two replicas on one Redis', () => {
  const signer = proofSigner()
  const setup = useReplicas(useRedis())
  let nonce: string | undefined

  const prove = (path: string, claims = {}) =>
    makeProof(signer, {
      htm: 'POST',
      htu: `${setup.replicas.publicUrl}${path}`,
      iat: Math.floor(Date.now() / 1000),
      nonce,
      ...claims,
    })

  async function askForTokens({ url }: Replica, fields: Record<string, string>, dpop = prove('/token')) {
    const body = encodeForm({ client_id: setup.client.clientId, ...fields })
    const response = await fetch(`${url}/token`, { method: 'POST', headers: { ...FORM, dpop }, body })
    nonce = response.headers.get('dpop-nonce') ?? nonce
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  async function signIn(replica: Replica): Promise<Record<string, string>> {
    const { code, verifier } = await approve(setup)
    const { status, body } = await askForTokens(replica, { grant_type: 'authorization_code', code, code_verifier: verifier })
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }
  async function verify({ internalUrl }: Replica, token: string, dpop: string): Promise<number> {
    const about = { 'x-forwarded-uri': '/echo/mcp', 'x-forwarded-method': 'POST' }
    const response = await fetch(`${internalUrl}/verify`, { headers: { authorization: `DPoP ${token}`, dpop, ...about } })
    await response.arrayBuffer()
    return response.status
  }
  const proofOf = (token: string) => prove('/echo/mcp', { ath: createHash('sha256').update(token).digest('base64url') })

  it('takes a nonce of the one to the other', async () => {
    const { first, second } = setup.replicas
    const { code, verifier } = await approve(setup)
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    expect(await askForTokens(first, fields)).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
    const { status, body } = await askForTokens(second, fields)
    expect([status, body.token_type]).toEqual([200, 'DPoP'])
    for (const replica of [first, second]) {
      expect(await verify(replica, body.access_token ?? '', proofOf(body.access_token ?? ''))).toBe(200)
    }
  })

  it('gets one of fifty equal calls through, every time (RFC 9449 §11.1)', async () => {
    const { access_token: token = '' } = await signIn(setup.replicas.first)
    for (let round = 0; round < RACES; round++) {
      const dpop = proofOf(token)
      const statuses = await fifty(setup.replicas, (replica) => verify(replica, token, dpop))
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(statuses.filter((status) => status === 401)).toHaveLength(49)
    }
  })

  it('gets one answer to fifty equal refreshes, and its grant lives on', async () => {
    let { refresh_token: token = '' } = await signIn(setup.replicas.first)
    for (let round = 0; round < RACES; round++) {
      const dpop = prove('/token')
      const fields = { grant_type: 'refresh_token', refresh_token: token }
      const answers = await fifty(setup.replicas, (replica) => askForTokens(replica, fields, dpop))
      const [won, ...others] = answers.filter(({ status }) => status === 200)
      expect(others).toEqual([])
      expect(answers.filter(({ body }) => body.error === 'invalid_dpop_proof')).toHaveLength(49)
      token = won?.body.refresh_token ?? ''
    }
  })
})
