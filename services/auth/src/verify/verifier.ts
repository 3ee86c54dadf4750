import { hash } from 'node:crypto'
import { nextRequestId } from '@gatehouse/runtime'
import { decide } from '@gatehouse/servers'
import type { Context } from '../context.ts'
import { toWireError } from '../http/error-handler.ts'
import type { Resource } from '../oauth/resource.ts'
import { type Admitted, admit } from './admission.ts'
import { faultAnswer, type Outcome, oauthAnswer, type VerifyAnswer, type VerifyRequest } from './answer.ts'
import { AUTHORIZATION_MAX_LENGTH } from './bearer.ts'
import { type Challenges, createChallenges } from './challenge.ts'
import { countOutcomes } from './counts.ts'
import { type Credential, createCredentialReader, type Denial } from './credentials.ts'
import { requestedTool } from './requested-tool.ts'

/** Says whether a request may go to its server; the same answers for /verify and for an edge in the same process. */
export interface Verifier {
  /** At once for a token that is known, else when its signature and grant have been looked at. Never throws or rejects. */
  answer(request: VerifyRequest): VerifyAnswer | Promise<VerifyAnswer>
}

export function createVerifier(
  context: Pick<Context, 'config' | 'stores' | 'keys' | 'resources' | 'clock' | 'log' | 'metrics'>,
): Verifier {
  const { config, resources, clock, log } = context
  const credentials = createCredentialReader(context)
  const counts = countOutcomes(context.metrics, () => credentials.size)
  const challengesByPath = new Map<string, Challenges>()

  const challengesOf = (path: string, resource: Resource): Challenges => {
    let challenges = challengesByPath.get(path)
    if (!challenges) {
      // The path is one that names a server, so there are two of them per server.
      const metadataUrl = `${config.publicOrigin}/.well-known/oauth-protected-resource${path}`
      challenges = createChallenges(metadataUrl, resource.scopes[0] ?? '')
      challengesByPath.set(path, challenges)
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

  const refuseToken = (request: VerifyRequest, path: string, resource: Resource, denial: Denial): VerifyAnswer =>
    denial.reason === 'no_credentials'
      ? refuse(request, 'no_credentials', denial.reason, challengesOf(path, resource).noCredentials)
      : refuse(request, 'invalid_token', denial.reason, challengesOf(path, resource).invalidToken(denial.description))

  const allow = (admission: Admitted): VerifyAnswer => {
    counts.allowed++
    return { status: 200, headers: { ...admission.headersAt(clock()), 'x-request-id': nextRequestId() }, body: '' }
  }

  const settle = (request: VerifyRequest, path: string, resource: Resource, credential: Credential): VerifyAnswer => {
    const admission = credential.admissions.get(resource) ?? admit(context, credential, resource)
    if (admission.kind === 'refused') {
      const challenges = challengesOf(path, resource)
      return refuse(request, admission.outcome, admission.reason, admission.answer(challenges))
    }
    if (admission.asksAboutTools) {
      const tool = requestedTool(request)
      const decision = tool === undefined ? undefined : decide(admission.server, credential.identity, credential.scopes, tool)
      if (decision?.outcome === 'step-up') {
        const needed = [...credential.scopes, ...decision.missingScopes].join(' ')
        return refuse(request, 'insufficient_scope', 'scope_missing', challengesOf(path, resource).insufficientScope(needed))
      }
    }
    return allow(admission)
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
    if (known) return 'reason' in known ? refuseToken(request, path, resource, known) : settle(request, path, resource, known)
    return credentials
      .find(key, authorization)
      .then((found) => ('reason' in found ? refuseToken(request, path, resource, found) : settle(request, path, resource, found)))
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
const NO_CREDENTIALS: Denial = { reason: 'no_credentials', description: '' }
const TOO_LONG: Denial = { reason: 'malformed', description: 'the access token is malformed' }

/** As sent: nothing is decoded or tidied into a match. */
const pathOf = (uri: string): string => {
  const query = uri.indexOf('?')
  return query < 0 ? uri : uri.slice(0, query)
}
