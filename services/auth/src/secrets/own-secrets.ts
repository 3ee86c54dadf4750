import { randomInt } from 'node:crypto'
import type { Config } from '../config.ts'
import { hashPassword } from '../identity/password.ts'
import { randomSecret } from '../oauth/secret.ts'
import { madeOnce } from './made-once.ts'

/** 80 random bits in 16 letters that nobody confuses when typing. */
const PASSWORD_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'

export interface OwnSecrets {
  /** The first encrypts, all decrypt. */
  readonly secrets: readonly string[]
  /** Plain as configured, or the `scrypt:…` hash of one made here. */
  readonly operatorPassword: string | undefined
  /** In clear, this one time: print it, it is kept nowhere. */
  readonly newPassword?: string
}

/**
 * The secrets a gateway needs for itself: given by configuration, or made once into DATA_DIR on the loopback default.
 * readConfig has already refused a public gateway without them.
 */
export async function ownSecrets(config: Config): Promise<OwnSecrets> {
  const secrets = gatehouseSecrets(config)
  const hasProvider = config.GITHUB_CLIENT_ID ?? config.GOOGLE_CLIENT_ID ?? config.MICROSOFT_CLIENT_ID ?? config.OIDC_ISSUER
  if (config.OPERATOR_PASSWORD !== undefined || hasProvider !== undefined || !config.isLoopback) {
    return { secrets, operatorPassword: config.OPERATOR_PASSWORD }
  }
  const password = randomPassword()
  const hashed = await hashPassword(password)
  const kept = madeOnce(config.DATA_DIR, 'operator-password', () => hashed)
  return { secrets, operatorPassword: kept.value, ...(kept.isNew ? { newPassword: password } : {}) }
}

/** The first encrypts, all decrypt. Made once into DATA_DIR on the loopback default. */
export const gatehouseSecrets = (
  config: Pick<Config, 'GATEHOUSE_SECRETS' | 'GATEHOUSE_SECRET' | 'DATA_DIR'>,
): readonly string[] =>
  config.GATEHOUSE_SECRETS ?? [config.GATEHOUSE_SECRET ?? madeOnce(config.DATA_DIR, 'secret', () => randomSecret()).value]

function randomPassword(): string {
  const letters = Array.from({ length: 16 }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)])
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}
