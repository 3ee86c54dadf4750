#!/usr/bin/env node
import { existsSync } from 'node:fs'
import '@gatehouse/runtime/compile-cache'

/** The settings file of compose and `npm start`; what the shell sets wins over it. */
const SETTINGS_FILE = '.env'

// After the cache is there: half the time of a command goes into compiling.
const { run } = await import('./run.ts')

if (existsSync(SETTINGS_FILE)) process.loadEnvFile(SETTINGS_FILE)
// `gatehouse grants list | head` closes our output early, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: Date.now,
})
