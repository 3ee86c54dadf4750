import { randomSecret, sha256 } from './secret.ts'

/** 128 random bits: 22 characters. */
const GRANT_ID_BYTES = 16
const CODE = /^cod_([A-Za-z0-9_-]{22})([A-Za-z0-9_-]{43})$/

/** `grt_` and 22 characters. */
export const newGrantId = (): string => `grt_${randomSecret(GRANT_ID_BYTES)}`

/** An authorization code that leads to its grant: `cod_`, the id's 22 characters, a 256-bit secret. Stores get its hash. */
export const newCode = (grantId: string): string => `cod_${grantId.slice('grt_'.length)}${randomSecret()}`

/** What to look a code up by; undefined when it cannot be one of ours. */
export function readCode(code: string): { readonly grantId: string; readonly codeHash: string } | undefined {
  const parts = CODE.exec(code)
  return parts ? { grantId: `grt_${parts[1]}`, codeHash: sha256(code) } : undefined
}
