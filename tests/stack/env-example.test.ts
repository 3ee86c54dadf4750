import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { environmentSchema as authSchema } from '../../services/auth/src/config.ts'
import { environmentSchema as bridgeSchema } from '../../services/bridge/src/config.ts'
import { type ComposeFile, readText, readYaml } from './files.ts'

const text = readText('.env.example')
const lines = [...text.matchAll(/^# ([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }))
const names = lines.map(({ name }) => name)
const compose = readYaml<ComposeFile>('compose.yaml')

const schemas: Readonly<Record<string, z.ZodType>> = { ...bridgeSchema.shape, ...authSchema.shape }
/** Read by compose.yaml or by Docker Compose itself, not by a service of ours. */
const interpolated = [...readText('compose.yaml').matchAll(/\$\{([A-Z_]+):-/g)].map(([, name = '']) => name)
const STACK_ONLY = ['REDIS_PASSWORD', 'COMPOSE_FILE', 'COMPOSE_PROJECT_NAME', ...interpolated]

describe('.env.example', () => {
  it('has every variable of auth and of the bridge', () => {
    expect(names).toEqual(expect.arrayContaining(Object.keys(schemas)))
  })

  it('has no variable that nobody reads, and none twice', () => {
    const read = new Set([...Object.keys(schemas), ...STACK_ONLY])
    expect(names.filter((name) => !read.has(name))).toEqual([])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('has every variable that compose.yaml asks for', () => {
    expect(names).toEqual(expect.arrayContaining(interpolated))
  })

  it('is comments alone, so that a copy of it changes nothing', () => {
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
  })

  it.each(lines.filter(({ name }) => name in schemas))('says the default of $name', ({ name, value }) => {
    // A path that the schema makes absolute is compared as it is written there.
    const fallback = schemas[name]?.safeParse(undefined)
    if (name === 'DATA_DIR') expect(value).toBe('./data')
    else if (!fallback?.success || fallback.data === undefined) expect(value).toBe('')
    else expect(value).toBe([fallback.data].flat().join(','))
  })
})

describe('compose.yaml', () => {
  it('hands every variable to auth that auth has, or sets it', () => {
    const given = Object.keys(compose.services.auth?.environment ?? {})
    const missing = Object.keys(authSchema.shape).filter((name) => !given.includes(name) && !given.includes(`${name}_FILE`))
    expect(missing).toEqual([])
  })

  it('hands every variable to the bridge that the bridge has, or sets it; AUTH stays what it is', () => {
    const given = Object.keys(compose.services.bridge?.environment ?? {})
    expect(Object.keys(bridgeSchema.shape).filter((name) => !given.includes(name))).toEqual(['AUTH'])
  })

  it('lets the secrets service check exactly what auth will read', () => {
    const { auth, secrets } = compose.services
    const listeners = /^(HOST|PORT|INTERNAL_HOST|INTERNAL_PORT|STORE_URL_FILE|TRUSTED_PROXIES)$/
    const own = /^(STORE_URL|REDIS_PASSWORD|STORE_SECRETS_DIR)$/
    const entries = (environment: object | undefined, except: RegExp) =>
      Object.fromEntries(Object.entries(environment ?? {}).filter(([name]) => !except.test(name)))
    expect(entries(secrets?.environment, own)).toEqual(entries(auth?.environment, listeners))
  })
})
