import { OPERATORS_GRANT_TYPES } from '../clients/configured-client.ts'
import type { Config } from '../config.ts'
import { DEVICE_CODE_GRANT_TYPE } from '../oauth/grant-types.ts'
import { invalidMetadata } from './invalid-metadata.ts'

/** What anybody may register for: grants in which a person says yes. */
export const offeredGrantTypes = ({ DEVICE_GRANT }: Pick<Config, 'DEVICE_GRANT'>): readonly string[] =>
  DEVICE_GRANT === 'on' ? ['authorization_code', DEVICE_CODE_GRANT_TYPE] : ['authorization_code']

/**
 * What a client is registered for: what it asks for and we offer, and refresh tokens, which are always issued. Others are left
 * out, because clients list whatever they know (rule 17).
 * @throws OAuthError `invalid_client_metadata` when no way to sign in is left
 */
export function grantTypesOf(asked: readonly string[] | undefined, offered: readonly string[]): readonly string[] {
  if (isAbsent(asked)) return ['authorization_code', 'refresh_token']
  const types = offered.filter((type) => asked.includes(type))
  if (types.length > 0) return [...types, 'refresh_token']
  if (asked.some((type) => OPERATORS_GRANT_TYPES.includes(type))) {
    const sentence = 'names only grants without a person; the operator adds such a client to the clients file'
    throw invalidMetadata('grant_types', sentence)
  }
  throw invalidMetadata('grant_types', `must include ${offered.join(' or ')}`)
}

/** RFC 7591 §2.1: the code belongs to the authorization code grant, and to no other. @throws OAuthError as grantTypesOf */
export function responseTypesOf(asked: readonly string[] | undefined, hasCode: boolean): readonly string[] {
  if (hasCode && !isAbsent(asked) && !asked.includes('code')) throw invalidMetadata('response_types', 'must include code')
  if (!hasCode && !isAbsent(asked)) throw invalidMetadata('response_types', 'must be empty without authorization_code')
  return hasCode ? ['code'] : []
}

const isAbsent = (list: readonly string[] | undefined): list is undefined => list === undefined || list.length === 0
