import { createPerson } from '../../support/person.ts'

/**
 * A browser for programs that are not ours: goes from an authorization URL through sign-in and consent, and prints the
 * redirect URI it reached. GATEHOUSE_PASSWORD is what the person types.
 */
const [, , url = ''] = process.argv
const person = createPerson({ password: process.env.GATEHOUSE_PASSWORD ?? '' })
process.stdout.write(`${await person.authorize(url)}\n`)
