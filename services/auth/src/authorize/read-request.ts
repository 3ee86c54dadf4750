import type { Params } from '../http/params.ts'
import type { Client } from '../oauth/client.ts'
import { type Clock, nowSeconds } from '../oauth/clock.ts'
import type { Resources } from '../oauth/resource.ts'
import { randomSecret } from '../oauth/secret.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { checkCodeChallenge } from './check-code-challenge.ts'
import { checkDpopJkt } from './check-dpop-jkt.ts'
import { checkGrantType } from './check-grant-type.ts'
import { checkMaxAge } from './check-max-age.ts'
import { checkNonce } from './check-nonce.ts'
import { checkPrompt } from './check-prompt.ts'
import { checkRequestObject } from './check-request-object.ts'
import { checkResource } from './check-resource.ts'
import { checkResponseType } from './check-response-type.ts'
import { checkScope } from './check-scope.ts'

const REQUEST_ID_BYTES = 16

/** What is certain before these rules: who asks, and where an answer may go. */
export interface Asker {
  readonly client: Client
  readonly redirectUri: string
  readonly state: string | undefined
}

/**
 * The rules of an authorization request, in order, once client and redirect URI are certain: the first one that refuses
 * tells the client why.
 * @throws OAuthError
 */
export function readRequest(
  params: Params,
  { client, redirectUri, state }: Asker,
  context: { readonly resources: Resources; readonly clock: Clock; readonly isSignedIn: boolean },
): AuthorizationRequest {
  /*                 */ checkGrantType(client)
  /*                 */ checkRequestObject(params)
  /*                 */ checkResponseType(params.response_type, params.response_mode)
  const codeChallenge = checkCodeChallenge(params)
  const resource /* */ = checkResource(context.resources, params.resource)
  const scopes /*   */ = checkScope(client, resource, params.scope)
  const prompts /*  */ = checkPrompt(params.prompt, context.isSignedIn)
  const nonce /*    */ = checkNonce(params.nonce)
  const maxAge /*   */ = checkMaxAge(params.max_age)
  const dpopJkt /*  */ = checkDpopJkt(params.dpop_jkt)
  return {
    requestId: randomSecret(REQUEST_ID_BYTES),
    issuedAt: nowSeconds(context.clock),
    clientId: client.clientId,
    redirectUri,
    codeChallenge,
    resource: resource.url,
    scopes,
    prompts,
    ...(state === undefined ? {} : { state }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(dpopJkt === undefined ? {} : { dpopJkt }),
  }
}
