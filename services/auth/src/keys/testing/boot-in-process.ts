import { createLog } from '@gatehouse/runtime'
import { openStores } from '../../store/open-stores.ts'
import { createSigningKeys } from '../create-signing-keys.ts'

/** Child process of the tests of replicas that start together: reads the keys when it is told to, and prints what it found. */
const [url = '', secret = ''] = process.argv.slice(2)
const log = createLog('test', 'silent')
const stores = await openStores(url, { clock: Date.now, log })
const keys = createSigningKeys({ store: stores.keys, secrets: [secret], clock: Date.now, log })
process.stdout.write('ready\n')
// The parent says when, so that all of them are at it together.
await new Promise((resolve) => process.stdin.once('data', resolve))
await keys.refresh()
await stores.close()
process.stdout.write(JSON.stringify({ signs: keys.current().kid, published: keys.published().map(({ kid }) => kid) }))
process.exit(0)
