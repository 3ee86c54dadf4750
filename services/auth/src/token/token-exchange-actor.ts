import type { Actor } from '../keys/access-token.ts'
import type { Client } from '../oauth/client.ts'
import { OAuthError } from '../oauth/error.ts'
import { machineIdentity } from '../oauth/machine.ts'
import type { HeldToken } from './token-exchange-tokens.ts'

/** Who acted before an agent may be told along; longer chains would let tokens grow without end. */
const ACTORS_LIMIT = 4

/** Who acts, by the token that says so, or else the client itself. @throws OAuthError `invalid_request` */
export function actorOf(client: Client, actorToken: HeldToken | undefined): Actor {
  if (!actorToken) return { sub: machineIdentity(client).subject, client_id: client.clientId }
  const { sub, client_id, act } = actorToken.claims
  if (client_id !== client.clientId) {
    throw new OAuthError('invalid_request', 'actor_token must be an access token of the client that asks', {
      reason: 'actor_token_of_other_client',
    })
  }
  if (act !== undefined) {
    throw new OAuthError('invalid_request', 'actor_token must speak for its own subject, not act for another', {
      reason: 'actor_token_delegated',
    })
  }
  return { sub, client_id }
}

/**
 * The chain of who acts (RFC 8693 §4.1): the current actor outermost, those before it inside. An agent that narrows what it
 * has already is no new link. @throws OAuthError `invalid_request` when the chain is too long
 */
export function chainOf(actor: Actor, before: Actor | undefined): Actor {
  if (before === undefined) return actor
  if (before.sub === actor.sub && before.client_id === actor.client_id) return before
  if (lengthOf(before) >= ACTORS_LIMIT) {
    throw new OAuthError('invalid_request', `subject_token went through ${ACTORS_LIMIT} actors already`, {
      reason: 'too_many_actors',
    })
  }
  return { ...actor, act: before }
}

const lengthOf = ({ act }: Actor): number => 1 + (act === undefined ? 0 : lengthOf(act))
