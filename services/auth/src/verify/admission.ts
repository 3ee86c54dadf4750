import { decide, type Server } from '@gatehouse/servers'
import type { Context } from '../context.ts'
import { mintAssertion } from '../keys/assertion.ts'
import { ASSERTION_TTL_SECONDS } from '../oauth/lifetimes.ts'
import type { Resource } from '../oauth/resource.ts'
import type { Outcome, VerifyAnswer } from './answer.ts'
import type { Challenges } from './challenge.ts'
import type { Credential } from './credentials.ts'
import { fittingNames } from './fitting-names.ts'
import { identityHeaders } from './identity-headers.ts'

/** What a credential means at one server, worked out once. */
export type Admission = Admitted | Refused

export interface Admitted {
  readonly kind: 'admitted'
  readonly server: Server
  /** Tools of this server need scopes of their own. */
  readonly asksAboutTools: boolean
  /** The headers for the server, with an assertion that has at least half its life before it. */
  headersAt(nowMs: number): Readonly<Record<string, string>>
}

interface Refused {
  readonly kind: 'refused'
  readonly outcome: Outcome
  readonly reason: string
  answer(challenges: Challenges): VerifyAnswer
}

/** An assertion is used again until half its life is over. */
const ASSERTION_REUSE_MS = (ASSERTION_TTL_SECONDS * 1000) / 2

/** Works out, and keeps in the credential, what it means at a server: audience, person, scopes. */
export function admit(
  context: Pick<Context, 'config' | 'keys' | 'resources'>,
  credential: Credential,
  resource: Resource,
): Admission {
  const admission = workOut(context, credential, resource)
  credential.admissions.set(resource, admission)
  return admission
}

function workOut(context: Pick<Context, 'config' | 'keys' | 'resources'>, credential: Credential, resource: Resource): Admission {
  const { claims, identity, scopes } = credential
  const { server } = resource
  if (server === undefined || (claims.aud !== resource.url && claims.aud !== context.resources.root.url)) {
    const answer = (challenges: Challenges) => challenges.invalidToken('the access token is for another server')
    return { kind: 'refused', outcome: 'invalid_token', reason: 'wrong_audience', answer }
  }
  if (!credential.isAdmitted) {
    const answer = (challenges: Challenges) =>
      challenges.invalidToken('its person, or its agent, may not use this gateway any more')
    return { kind: 'refused', outcome: 'invalid_token', reason: 'not_allowed_any_more', answer }
  }
  const decision = decide(server, identity, scopes, undefined)
  if (decision.outcome === 'step-up') {
    const needed = [...scopes, ...decision.missingScopes].join(' ')
    const answer = (challenges: Challenges) => challenges.insufficientScope(needed)
    return { kind: 'refused', outcome: 'insufficient_scope', reason: 'scope_missing', answer }
  }
  // `deny` goes on to the bridge, which gives it as a JSON-RPC error: on a plain 403 clients register again, or loop.
  return {
    kind: 'admitted',
    server,
    asksAboutTools: decision.outcome === 'allow' && Object.keys(server.scopes ?? {}).length > 0,
    headersAt: headersFor(context, credential, resource.url, server),
  }
}

function headersFor(
  { config, keys }: Pick<Context, 'config' | 'keys'>,
  { claims, identity }: Credential,
  audience: string,
  server: Server,
) {
  const constant = identityHeaders(identity, claims)
  let headers: Readonly<Record<string, string>> = constant
  let mintedAtMs = Number.NEGATIVE_INFINITY
  return (nowMs: number) => {
    if (nowMs - mintedAtMs >= ASSERTION_REUSE_MS || nowMs < mintedAtMs) {
      const assertion = mintAssertion(keys.current(), config.PUBLIC_URL, {
        identity: { ...identity, ...fittingNames(identity, server) },
        server: audience,
        clientId: claims.client_id,
        act: claims.act,
        scope: claims.scope,
        grantId: claims.grant_id,
        now: Math.floor(nowMs / 1000),
      })
      headers = { ...constant, 'x-auth-assertion': assertion }
      mintedAtMs = nowMs
    }
    return headers
  }
}
