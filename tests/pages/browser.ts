import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

/** Why browser tests cannot run here; undefined when they can. In CI they must. */
export const whyNoBrowser: string | undefined =
  existsSync(CHROMIUM) || process.env.CI === 'true' ? undefined : `${CHROMIUM} is not installed`

/** Chromium that talks to nobody but the pages under test. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export const PHONE = { width: 390, height: 844 }
export const DESKTOP = { width: 1280, height: 800 }
