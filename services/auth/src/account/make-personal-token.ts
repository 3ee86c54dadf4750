import { nowSeconds } from '../oauth/clock.ts'
import { newGrantId } from '../oauth/code.ts'
import type { Grant } from '../oauth/grant.ts'
import type { Identity } from '../oauth/identity.ts'
import { newPersonalToken, PERSONAL_TOKEN_CLIENT, SECONDS_PER_DAY } from '../oauth/personal-token.ts'
import { sha256 } from '../oauth/secret.ts'
import { endGrant } from '../store/end-grant.ts'
import { NO_REFRESH_TOKEN } from '../store/grant-store.ts'
import type { AccountContext } from './account-context.ts'
import { ACCOUNT_FORM_TTL_SECONDS } from './account-forms.ts'
import type { TokenWish } from './token-wish.ts'

/** Live personal tokens of one person. More than anybody keeps track of. */
export const PERSONAL_TOKENS_LIMIT = 50

export type MakingOfToken =
  /** `token` is in clear here and nowhere else. */
  | { readonly outcome: 'made'; readonly token: string; readonly grant: Grant; readonly expiresAt: number }
  /** The person has one of that name, by which they tell them apart. */
  | { readonly outcome: 'name_taken' }
  | { readonly outcome: 'full' }
  /** This very form made one before, which is not shown again. */
  | { readonly outcome: 'form_used' }

/**
 * Makes a personal access token. A form makes one at most, however often it is sent at once. A person never has more than
 * PERSONAL_TOKENS_LIMIT, nor two of one name: whoever finds that after adding theirs takes it back, so of several at once
 * one at most stays.
 * @param formStamp - of the form that asks
 * @throws StoreUnavailableError
 */
export async function makePersonalToken(
  { stores, clock }: Pick<AccountContext, 'stores' | 'clock'>,
  identity: Identity,
  wish: TokenWish,
  formStamp: string,
): Promise<MakingOfToken> {
  const { subject } = identity
  const list = async () => (await stores.grants.listBySubject(subject)).flatMap(({ grant }) => grant.personalToken ?? [])
  const others = await list()
  const id = newGrantId()
  const formId = sha256(JSON.stringify(['personal-token', subject, formStamp]))
  const standing = await stores.decisions.find(formId)
  if (standing !== undefined) return { outcome: 'form_used' }
  const obstacle = faultOf(others, wish.name, 0)
  if (obstacle) return obstacle
  if (!(await stores.decisions.decideOnce(formId, id, ACCOUNT_FORM_TTL_SECONDS)).first) return { outcome: 'form_used' }

  const token = newPersonalToken(id)
  const now = nowSeconds(clock)
  const grant: Grant = {
    id,
    clientId: PERSONAL_TOKEN_CLIENT,
    identity,
    scopes: wish.scopes,
    resource: wish.resource.url,
    createdAt: now,
    via: 'personal_token',
    personalToken: { name: wish.name, tokenHash: sha256(token) },
  }
  const expiresAt = now + wish.days * SECONDS_PER_DAY
  await stores.grants.create(grant, { refreshHash: NO_REFRESH_TOKEN, expiresAt })
  const fault = faultOf(await list(), wish.name, 1)
  if (fault) {
    await endGrant(stores, id)
    return fault
  }
  return { outcome: 'made', token, grant, expiresAt }
}

/** @param own - how many of the tokens are the one that is being made */
function faultOf(
  tokens: readonly { readonly name: string }[],
  name: string,
  own: 0 | 1,
): Extract<MakingOfToken, { outcome: 'name_taken' | 'full' }> | undefined {
  if (tokens.filter((token) => token.name === name).length > own) return { outcome: 'name_taken' }
  return tokens.length - own >= PERSONAL_TOKENS_LIMIT ? { outcome: 'full' } : undefined
}
