import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Identity } from '../oauth/identity.ts'

/** OWASP Password Storage, scrypt: as strong as N=2^17 r=8 p=1, in 16 MB instead of 128 MB. About 0.2 s. */
const COST = { N: 2 ** 14, r: 8, p: 5 } as const
const SALT_BYTES = 16
const KEY_BYTES = 32
/** Hashes at once: more would take memory and the threads that other work needs (RES-07). */
const MAX_RUNNING = 2
/** Attempts that may wait for their turn; about three seconds' worth. */
const MAX_WAITING = 30
/** Nobody types more, and no more is hashed. */
const MAX_PASSWORD_LENGTH = 1024

const HASH = /^scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9_-]+):([A-Za-z0-9_-]+)$/

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** Sign-in without an identity provider: who knows the password is the operator. */
export interface PasswordSignIn {
  /**
   * The operator; undefined for a wrong password. Does not count attempts.
   * @throws PasswordQueueFullError when too many attempts wait already
   */
  verify(password: string): Promise<Identity | undefined>
}

/** Too many passwords are being checked at this moment; a few seconds later there is room again. */
export class PasswordQueueFullError extends Error {
  override readonly name = 'PasswordQueueFullError'
  constructor() {
    super('too many passwords are being checked at once')
  }
}

export const OPERATOR: Identity = {
  subject: 'password:operator',
  provider: 'password',
  login: 'operator',
  name: 'Operator',
  groups: [],
  organizations: [],
  teams: [],
}

/** `scrypt:N:r:p:SALT:HASH`, base64url: what may be kept instead of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, KEY_BYTES, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join(':')
}

/** @param secret - the password itself, or what hashPassword made of it */
export function createPasswordSignIn(secret: string): PasswordSignIn {
  // A password in clear is hashed at the first attempt, so that the start does not wait for it.
  let hash: Promise<string> | undefined = HASH.test(secret) ? Promise.resolve(secret) : undefined
  const takeTurn = limitConcurrency()
  return {
    verify: (password) =>
      takeTurn(async () => {
        hash ??= hashPassword(secret)
        return (await matches(password, await hash)) ? OPERATOR : undefined
      }),
  }
}

async function matches(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt = '', expected = ''] = HASH.exec(hash) ?? []
  const key = Buffer.from(expected, 'base64url')
  if (password.length > MAX_PASSWORD_LENGTH || key.length === 0) return false
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: 256 * 1024 * 1024 }
  const candidate = await derive(password, Buffer.from(salt, 'base64url'), key.length, options)
  return timingSafeEqual(candidate, key)
}

function limitConcurrency(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < MAX_RUNNING) running++
    else if (waiting.length >= MAX_WAITING) throw new PasswordQueueFullError()
    // Whoever ends hands its place over, so `running` stays.
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
