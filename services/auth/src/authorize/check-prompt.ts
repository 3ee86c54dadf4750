import { OAuthError } from '../oauth/error.ts'
import type { Prompt } from './authorization-request.ts'

const PROMPTS: readonly string[] = ['none', 'login', 'consent', 'select_account'] satisfies Prompt[]

/**
 * What the client wants the person to see (OpenID Connect Core §3.1.2.1); unknown values are ignored.
 * @throws OAuthError `invalid_request` when `none` stands beside another, `login_required` for `none` without a session
 */
export function checkPrompt(prompt: string | undefined, isSignedIn: boolean): Prompt[] {
  const prompts = (prompt ?? '').split(' ').filter((value): value is Prompt => PROMPTS.includes(value))
  if (!prompts.includes('none')) return prompts
  if (prompts.length > 1) {
    throw new OAuthError('invalid_request', 'prompt=none stands alone', { reason: 'prompt_none_with_others' })
  }
  if (!isSignedIn) throw loginRequired('prompt_none_without_session')
  return prompts
}

/** What `prompt=none` gets where the person would have to be seen. */
export const loginRequired = (reason: string): OAuthError => new OAuthError('login_required', 'nobody is signed in', { reason })
