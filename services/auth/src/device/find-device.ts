import { findClient } from '../authorize/find-client.ts'
import type { Context } from '../context.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import type { Resource } from '../oauth/resource.ts'
import type { DeviceAuthorization, DeviceAuthorizations } from '../store/device-authorizations.ts'

/** Everything that a question to the person, and its answer, are about; as it is now, not as it was when it began. */
export interface Device {
  readonly userCode: string
  readonly authorization: DeviceAuthorization
  readonly client: Client
  readonly resource: Resource
}

/**
 * The device that waits under a user code. Undefined for a code that is wrong or expired, and for one whose server has gone:
 * nobody learns which.
 * @throws OAuthError `invalid_client` for a page, when the client has gone
 */
export async function findDevice(
  devices: DeviceAuthorizations,
  { clients, resources, clock }: Pick<Context, 'clients' | 'resources' | 'clock'>,
  userCode: string,
): Promise<Device | undefined> {
  const authorization = await devices.findByUserCode(userCode)
  if (!authorization || nowSeconds(clock) >= authorization.expiresAt) return undefined
  const resource = resources.byUrl(authorization.resource)
  if (!resource) return undefined
  return { userCode, authorization, client: await findClient(clients, authorization.clientId), resource }
}
