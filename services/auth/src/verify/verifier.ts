import { hash } from 'node:crypto'
import { nextRequestId } from '@gatehouse/runtime'
import { decide } from '@gatehouse/servers'
import type { Context } from '../context.ts'
import { toWireError } from '../http/error-handler.ts'
import { OAuthError } from '../oauth/error.ts'
import type { Resource } from '../oauth/resource.ts'
import { type Admitted, admit } from './admission.ts'
import { faultAnswer, type Outcome, oauthAnswer, type VerifyAnswer, type VerifyRequest } from './answer.ts'
import { AUTHORIZATION_MAX_LENGTH, type Scheme } from './authorization.ts'
import { type Challenges, createChallenges } from './challenge.ts'
import { countOutcomes } from './counts.ts'
import { type Credential, createCredentialReader } from './credentials.ts'
import { BOUND_TOKEN_AS_BEARER, type Denial, deny, NO_CREDENTIALS } from './denial.ts'
import { createPossession } from './possession.ts'
import type { Binding } from './presented-token.ts'
import { requestedTool } from './requested-tool.ts'

/** Says whether a request may go to its server; the same answers for /verify and for an edge in the same process. */
export interface Verifier {
  /** At once for a token that is known, else when its signature and grant have been looked at. Never throws or rejects. */
  answer(request: VerifyRequest): VerifyAnswer | Promise<VerifyAnswer>
}

export function createVerifier(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'clients' | 'resources' | 'clock' | 'log' | 'metrics' | 'secrets'>,
): Verifier {
  const { config, resources, clock, log } = context
  const credentials = createCredentialReader(context)
  const possession = createPossession(context)
  const counts = countOutcomes(context.metrics, () => credentials.size)
  const challengesByPath = { Bearer: new Map<string, Challenges>(), DPoP: new Map<string, Challenges>() }

  const challengesOf = (path: string, resource: Resource, scheme: Scheme): Challenges => {
    let challenges = challengesByPath[scheme].get(path)
    if (!challenges) {
      // The path is one that names a server, so there are two of them per server.
      const metadataUrl = `${config.publicOrigin}/.well-known/oauth-protected-resource${path}`
      challenges = createChallenges(scheme, metadataUrl, resource.scopes[0] ?? '')
      challengesByPath[scheme].set(path, challenges)
    }
    return challenges
  }

  const refuse = (request: VerifyRequest, outcome: Outcome, reason: string, answer: VerifyAnswer): VerifyAnswer => {
    const requestId = nextRequestId()
    counts[outcome]++
    const facts = { event: 'refused', route: '/verify', reason, status: answer.status, method: request.method, requestId }
    log.info(facts, 'refused')
    return { ...answer, headers: { ...answer.headers, 'x-request-id': requestId } }
  }

  const fail = (request: VerifyRequest, error: unknown): VerifyAnswer => {
    const wire = toWireError(error)
    const isBug = wire.status === 500
    if (isBug) log.error({ event: 'verify_failed', err: error }, 'unexpected failure')
    return refuse(request, isBug ? 'failed' : 'unavailable', wire.reason, faultAnswer(wire))
  }

  const refuseToken = (request: VerifyRequest, path: string, resource: Resource, denial: Denial): VerifyAnswer => {
    const { reason, description, scheme } = denial
    const challenges = challengesOf(path, resource, scheme)
    if (reason === NO_CREDENTIALS.reason) return refuse(request, 'no_credentials', reason, challenges.noCredentials)
    const answer = reason === BOUND_TOKEN_AS_BEARER ? challenges.boundToken(description) : challenges.invalidToken(description)
    return refuse(request, 'invalid_token', reason, answer)
  }

  const allow = (admission: Admitted): VerifyAnswer => {
    counts.allowed++
    return { status: 200, headers: { ...admission.headersAt(clock()), 'x-request-id': nextRequestId() }, body: '' }
  }

  const settle = (request: VerifyRequest, path: string, resource: Resource, credential: Credential): VerifyAnswer => {
    const admission = credential.admissions.get(resource) ?? admit(context, credential, resource)
    if (admission.kind === 'refused') {
      const challenges = challengesOf(path, resource, credential.token.scheme)
      return refuse(request, admission.outcome, admission.reason, admission.answer(challenges))
    }
    if (admission.asksAboutTools) {
      const tool = requestedTool(request)
      const decision = tool === undefined ? undefined : decide(admission.server, credential.identity, credential.scopes, tool)
      if (decision?.outcome === 'step-up') {
        const needed = [...credential.scopes, ...decision.missingScopes].join(' ')
        const challenges = challengesOf(path, resource, credential.token.scheme)
        return refuse(request, 'insufficient_scope', 'scope_missing', challenges.insufficientScope(needed))
      }
    }
    return allow(admission)
  }

  const settleProven = async (
    request: VerifyRequest,
    path: string,
    resource: Resource,
    credential: Credential,
    binding: Binding,
  ): Promise<VerifyAnswer> => {
    try {
      const nonce = await possession.prove(request, path, binding)
      const answer = settle(request, path, resource, credential)
      return nonce === undefined ? answer : { ...answer, headers: { ...answer.headers, 'dpop-nonce': nonce } }
    } catch (error) {
      if (!(error instanceof OAuthError) || error.code === 'temporarily_unavailable') throw error
      const challenges = challengesOf(path, resource, 'DPoP')
      const refusal = challenges.refusedProof(error.code, error.message, error.headers)
      return refuse(request, 'invalid_proof', error.reason, refusal)
    }
  }

  const conclude = (
    request: VerifyRequest,
    path: string,
    resource: Resource,
    found: Credential | Denial,
  ): VerifyAnswer | Promise<VerifyAnswer> => {
    if ('reason' in found) return refuseToken(request, path, resource, found)
    if (found.binding !== undefined) return settleProven(request, path, resource, found, found.binding)
    return settle(request, path, resource, found)
  }

  const answer = (request: VerifyRequest): VerifyAnswer | Promise<VerifyAnswer> => {
    const path = pathOf(request.uri)
    const resource = resources.byPath(path)
    if (!resource) return refuse(request, 'not_found', 'unknown_server', NOT_FOUND)
    const { authorization } = request
    if (authorization === undefined) return refuseToken(request, path, resource, NO_CREDENTIALS)
    if (authorization.length > AUTHORIZATION_MAX_LENGTH) return refuseToken(request, path, resource, TOO_LONG)
    const key = hash('sha256', authorization, 'base64url')
    const known = credentials.known(key)
    if (known) return conclude(request, path, resource, known)
    return credentials.find(key, authorization).then((found) => conclude(request, path, resource, found))
  }

  return {
    answer: (request) => {
      try {
        const answered = answer(request)
        return answered instanceof Promise ? answered.catch((error) => fail(request, error)) : answered
      } catch (error) {
        return fail(request, error)
      }
    },
  }
}

const NOT_FOUND = oauthAnswer(404, 'not_found', 'there is no such server here')
const TOO_LONG = deny('malformed', 'Bearer')

/** As sent: nothing is decoded or tidied into a match. */
const pathOf = (uri: string): string => {
  const query = uri.indexOf('?')
  return query < 0 ? uri : uri.slice(0, query)
}
