import { randomInt } from 'node:crypto'

/** RFC 8628 §6.1: consonants only, so that no code is a word; none is taken for a digit or for another. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'
/** 20^8 codes: 34.5 bits, and whoever guesses must be signed in and is slowed down (guess-throttle.ts). */
const LENGTH = 8
/** Longer input is no code, however it is spelled. */
const MAX_INPUT_LENGTH = 64

const CODE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`)

/** What a person reads off a device and types: `WDJB-MJHT`. */
export const newUserCode = (): string =>
  spell(Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''))

/**
 * The code as we spell it, from however it was typed: in any case, with or without the dash, with spaces (RFC 8628 §6.1).
 * @returns undefined when it cannot be one of ours
 */
export function readUserCode(typed: string | undefined): string | undefined {
  if (typed === undefined || typed.length > MAX_INPUT_LENGTH) return undefined
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
  return CODE.test(letters) ? spell(letters) : undefined
}

const spell = (letters: string): string => `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`
