import { OAuthError } from '../oauth/error.ts'

/** The refusal of one member (RFC 7591 §3.2.2). @param place - within the member, such as `[2]` */
export const invalidMetadata = (member: string, fault: string, place = ''): OAuthError => {
  const isRedirectUri = member === 'redirect_uris'
  return new OAuthError(isRedirectUri ? 'invalid_redirect_uri' : 'invalid_client_metadata', `${member}${place} ${fault}`, {
    reason: isRedirectUri ? 'redirect_uri' : `metadata_${member}`,
  })
}
