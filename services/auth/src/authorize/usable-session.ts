import type { Session } from '../store/session-store.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/** The session that may answer this request; undefined when the person must sign in first (`prompt`, `max_age`). */
export function usableSession(request: AuthorizationRequest, session: Session | undefined): Session | undefined {
  const wantsNewSignIn = request.prompts.some((prompt) => prompt === 'login' || prompt === 'select_account')
  const maxAge = wantsNewSignIn ? 0 : request.maxAge
  return session && (maxAge === undefined || session.signedInAt >= request.issuedAt - maxAge) ? session : undefined
}
