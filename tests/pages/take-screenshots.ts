import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DESKTOP, launchBrowser, PHONE } from './browser.ts'
import { startScenes } from './scenes.ts'

/** `node tests/pages/take-screenshots.ts FOLDER [PART OF A NAME]`: every page, on a phone and a desk, light and dark. */
const [folder = 'test-results/screenshots', part = ''] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const scenes = await startScenes()
const browser = await launchBrowser()
for (const [name, open] of Object.entries(scenes.all).filter(([each]) => each.includes(part))) {
  for (const [device, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport, colorScheme })
      const page = await context.newPage()
      await open(page)
      await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`), fullPage: true })
      await context.close()
    }
  }
}
await browser.close()
await scenes.close()
