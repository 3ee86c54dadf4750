import type { Context } from '../context.ts'
import type { Client } from '../oauth/client.ts'
import { nowSeconds } from '../oauth/clock.ts'
import { DEVICE_CODE_TTL_SECONDS } from '../oauth/lifetimes.ts'
import { neighbourhood } from '../oauth/network.ts'
import type { Resource } from '../oauth/resource.ts'
import { randomSecret, sha256 } from '../oauth/secret.ts'
import { createDeviceAuthorizations } from '../store/device-authorizations.ts'
import { newUserCode } from './user-code.ts'

const ID_BYTES = 16

/**
 * Makes the two codes of a device that waits. The device code is `dev_` and 256 bits, kept as a digest.
 * @param address - where the device is, as the network tells; the person sees it coarsely
 */
export async function startDevice(
  { stores, clock }: Pick<Context, 'stores' | 'clock'>,
  client: Client,
  resource: Resource,
  scopes: readonly string[],
  address: string,
): Promise<{ readonly deviceCode: string; readonly userCode: string }> {
  const devices = createDeviceAuthorizations(stores)
  const deviceCode = `dev_${randomSecret()}`
  const startedAt = nowSeconds(clock)
  const authorization = {
    id: randomSecret(ID_BYTES),
    clientId: client.clientId,
    resource: resource.url,
    scopes,
    codeHash: sha256(deviceCode),
    startedAt,
    expiresAt: startedAt + DEVICE_CODE_TTL_SECONDS,
    network: neighbourhood(address),
  }
  // Another device has the same code once in billions of times; a second one is then made.
  for (;;) {
    const userCode = newUserCode()
    if (await devices.start(authorization, userCode)) return { deviceCode, userCode }
  }
}
