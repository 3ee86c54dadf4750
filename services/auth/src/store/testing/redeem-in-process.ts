import { createLog } from '@gatehouse/runtime'
import { openStores } from '../open-stores.ts'
import { sampleRefresh } from './samples.ts'

/** Child process of sqlite-processes.test.ts: redeems and rotates the grants it is told to, and prints how often it won. */
const [url = '', ...grantIds] = process.argv.slice(2)
const stores = await openStores(url, { clock: Date.now, log: createLog('test', 'silent') })
// The parent says when, so that all children are at it together.
await new Promise((resolve) => process.stdin.once('data', resolve))
let redeemed = 0
let rotated = 0
for (const grantId of grantIds) {
  if ((await stores.grants.redeemCode(grantId, 'code', { ...sampleRefresh(Date.now), refreshHash: 'first' })) === 'redeemed') {
    redeemed++
  }
  if ((await stores.grants.rotate(grantId, 'first', sampleRefresh(Date.now), 0)).outcome === 'rotated') rotated++
}
await stores.close()
process.stdout.write(JSON.stringify({ redeemed, rotated }))
process.exit(0)
