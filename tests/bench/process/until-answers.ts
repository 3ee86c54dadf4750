import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const GIVE_UP_MS = 60_000
const PAUSE_MS = 5

/**
 * Asks again and again until something answers over HTTP, whatever it says.
 * @returns the status
 * @throws Error with the end of the program's log when nothing does
 */
export async function untilAnswers(
  port: number,
  path: string,
  logFile: string,
  isWanted = (_status: number) => true,
): Promise<number> {
  const since = performance.now()
  while (performance.now() - since < GIVE_UP_MS) {
    const status = await ask(port, path)
    if (status !== undefined && isWanted(status)) return status
    await sleep(PAUSE_MS)
  }
  throw new Error(`nothing answers on port ${port}; the end of its log:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
}

function ask(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asking = request(
      { port, path, host: '127.0.0.1', headers: { host: `localhost:${port}` }, agent: false },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
    asking.on('error', () => resolve(undefined))
    asking.setTimeout(2000, () => asking.destroy())
    asking.end()
  })
}
