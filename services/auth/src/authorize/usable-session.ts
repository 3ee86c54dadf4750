import type { Session } from '../store/session-store.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/** The session that may answer this request; undefined when the person must sign in first (`prompt=login`, `select_account`). */
export function usableSession(request: AuthorizationRequest, session: Session | undefined): Session | undefined {
  const wantsNewSignIn = request.prompts.some((prompt) => prompt === 'login' || prompt === 'select_account')
  return session && (!wantsNewSignIn || session.signedInAt >= request.issuedAt) ? session : undefined
}
