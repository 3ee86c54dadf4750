import { approve, createTestApp, createTestContext } from '../../testing/test-context.ts'
import { addClient, type TokenAnswer, tokenClient } from '../../testing/token-client.ts'
import { tokenEndpoint } from '../../token/token-endpoint.ts'
import type { Stores } from '../stores.ts'

/** Signs in over the real endpoints, refreshes twice, and returns every secret that somebody was handed on the way. */
export async function secretsOfASignIn(stores: Stores): Promise<string[]> {
  const context = await createTestContext({ stores })
  const app = await createTestApp((scope) => tokenEndpoint(scope, context), context)
  const client = await addClient(context, {}, 'client_secret_post')
  const at = tokenClient(app, client)
  const self = { client_secret: client.secret }
  const approval = await approve(context, client.clientId)
  const answers: TokenAnswer[] = [(await at.redeem(approval, self)).json()]
  for (let refreshes = 0; refreshes < 2; refreshes++) {
    answers.push((await at.refresh(answers.at(-1)?.refresh_token ?? '', self)).json())
  }
  await app.close()
  const issued = answers.flatMap((answer) => [answer.access_token, answer.refresh_token])
  return [client.secret, approval.code, approval.verifier, ...issued]
}
