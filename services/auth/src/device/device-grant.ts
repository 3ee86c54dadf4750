import type { Config } from '../config.ts'
import { OAuthError } from '../oauth/error.ts'

/** @throws OAuthError `unsupported_grant_type` when the operator has switched the device grant off (DEVICE_GRANT) */
export function requireDeviceGrant({ DEVICE_GRANT }: Pick<Config, 'DEVICE_GRANT'>): void {
  if (DEVICE_GRANT === 'on') return
  throw new OAuthError('unsupported_grant_type', 'the operator has switched sign-in by a code on a device off', {
    reason: 'device_grant_off',
  })
}

/** Addresses of the page where people enter codes. */
export const deviceUrls = ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, userCode: string) => ({
  page: `${PUBLIC_URL}/device`,
  complete: `${PUBLIC_URL}/device?user_code=${userCode}`,
  qr: `${PUBLIC_URL}/device/qr?user_code=${userCode}`,
})
