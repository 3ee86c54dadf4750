import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Plain JavaScript, loaded before everything else (`node --import`): from the second start on, code comes compiled and with
// its types stripped, which saves time and the 20 MiB of the compiler that strips them. The folder is the project's own, so
// that nobody else can put code there; where it cannot be written, nothing changes.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url)))
