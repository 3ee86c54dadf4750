import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPerson } from './person.ts'

/**
 * Stands in for a browser where a CLI opens one: `BROWSER="node …/fake-browser.ts"`. Returns at once, as a browser
 * does, and goes through sign-in a little later, because mcp-remote and FastMCP open the browser before they listen.
 * GATEHOUSE_PASSWORD, GATEHOUSE_PROVIDER and GATEHOUSE_DECISION say who the person is; GATEHOUSE_BROWSER_LOG gets a line on failure.
 */
const DELAY_MS = 1_500

const [, , url, stage] = process.argv
if (url === undefined) throw new Error('usage: fake-browser.ts URL')

if (stage === undefined) {
  spawn(process.execPath, [fileURLToPath(import.meta.url), url, 'later'], { detached: true, stdio: 'ignore' }).unref()
} else {
  await wait(DELAY_MS)
  const { GATEHOUSE_PASSWORD, GATEHOUSE_PROVIDER, GATEHOUSE_DECISION, GATEHOUSE_BROWSER_LOG } = process.env
  const person = createPerson({
    deliver: true,
    decision: GATEHOUSE_DECISION === 'deny' ? 'deny' : 'approve',
    ...(GATEHOUSE_PASSWORD ? { password: GATEHOUSE_PASSWORD } : {}),
    ...(GATEHOUSE_PROVIDER ? { provider: GATEHOUSE_PROVIDER } : {}),
  })
  try {
    await person.authorize(url)
  } catch (error) {
    if (GATEHOUSE_BROWSER_LOG) {
      const { appendFileSync } = await import('node:fs')
      appendFileSync(GATEHOUSE_BROWSER_LOG, `${(error as Error).message}\n`)
    }
    process.exitCode = 1
  }
}
