import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ComposeFile, type ComposeService, ROOT, readText, readYaml } from './files.ts'

const compose = readYaml<ComposeFile>('compose.yaml')
const https = readYaml<Pick<ComposeFile, 'services'>>('compose.https.yaml')
const services = Object.entries(compose.services)
const dockerfiles = globSync('services/*/Dockerfile', { cwd: ROOT })

const networksOf = (name: string) => compose.services[name]?.networks ?? []
const sourcesOf = (service: ComposeService | undefined) =>
  (service?.volumes ?? []).map((volume) => (typeof volume === 'string' ? (volume.split(':')[0] ?? '') : volume.source))

describe.each(services)('the service %s', (name, service) => {
  it('runs as a user without rights, on a file system it cannot change', () => {
    expect(service).toMatchObject({ user: '1000:1000', read_only: true, cap_drop: ['ALL'] })
    expect(service.security_opt).toContain('no-new-privileges:true')
    expect(service.cap_add).toBeUndefined()
    expect(service.privileged).toBeUndefined()
  })

  it('cannot take all memory or all processes of the machine', () => {
    expect(service.mem_limit).toMatch(/^(\d+[mg]|\$\{[A-Z_]+:-\d+[mg]\})$/)
    expect(service.pids_limit).toBeGreaterThan(0)
  })

  it('says whether it is healthy, unless it runs once', () => {
    if (name === 'secrets') expect(service.healthcheck).toEqual({ disable: true })
    else expect(service.healthcheck?.test).toBeDefined()
  })

  it('sees neither the Docker socket nor folders of the machine beyond its own configuration', () => {
    for (const source of sourcesOf(service)) {
      expect(source in compose.volumes || /^\.\/((mcp|clients)\.json|traefik\/)/.test(source), source).toBe(true)
    }
  })
})

describe('the compose stack', () => {
  it('has its services in the order in which a request meets them', () => {
    expect(Object.keys(compose.services)).toEqual(['secrets', 'traefik', 'auth', 'redis', 'bridge'])
  })

  it('publishes ports of Traefik alone, on this machine alone until HTTPS is chosen', () => {
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['traefik'])
    expect(compose.services.traefik?.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)])
    expect(Object.keys(https.services)).toEqual(['traefik'])
    expect(https.services.traefik?.ports).toEqual(['80:8080', '443:8443'])
  })

  it('keeps Redis where auth alone reaches it, and nothing reaches out', () => {
    expect(networksOf('redis')).toEqual(['store'])
    expect(compose.networks.store?.internal).toBe(true)
    expect(services.filter(([, service]) => service.networks?.includes('store')).map(([name]) => name)).toEqual(['auth', 'redis'])
  })

  it('lets Traefik and auth meet apart from Traefik and the bridge', () => {
    expect(networksOf('traefik')).toEqual(['front', 'mcp'])
    expect(networksOf('bridge')).toEqual(['mcp', 'keys'])
    expect(networksOf('auth')).toEqual(['front', 'store', 'keys'])
    expect(compose.networks.keys?.internal).toBe(true)
  })

  it('gives each secret only to those who need it', () => {
    expect(sourcesOf(compose.services.bridge).filter((source) => /secret|auth|redis/.test(source))).toEqual([])
    expect(sourcesOf(compose.services.traefik).filter((source) => /secret|auth|redis|bridge/.test(source))).toEqual([])
    expect(sourcesOf(compose.services.redis)).not.toContain('auth-data')
    const secret = /SECRET|PASSWORD/
    expect(Object.keys(compose.services.bridge?.environment ?? {}).filter((name) => secret.test(name))).toEqual([])
    expect(Object.keys(compose.services.redis?.environment ?? {})).toEqual([])
  })

  it('has a Redis that asks for a password, keeps every write, and evicts nothing', () => {
    const command = String(compose.services.redis?.command)
    expect(command).toContain('--aclfile /run/store-secrets/users.acl')
    expect(command).toContain('--appendonly yes --appendfsync always')
    expect(command).toContain('--maxmemory-policy noeviction')
    expect(compose.services.redis?.healthcheck?.test?.join(' ')).toContain('--user gatehouse')
  })

  it('takes images that the stack was tested with, by a tag that names a version', () => {
    const images = services.map(([, { image, build }]) => (build ? '' : image)).filter((image) => image !== '')
    expect(images).toEqual(['traefik:v3.7', 'redis:8'])
  })

  it('waits for the secrets, and opens its port when auth can answer', () => {
    for (const name of ['auth', 'redis', 'bridge']) {
      expect(compose.services[name]?.depends_on?.secrets?.condition).toBe('service_completed_successfully')
    }
    expect(compose.services.traefik?.depends_on?.auth?.condition).toBe('service_healthy')
  })

  it('reaps what servers leave behind', () => {
    expect(compose.services.bridge?.init).toBe(true)
  })
})

describe.each(dockerfiles)('%s', (path) => {
  const text = readText(path)

  it('needs no frontend image and no feature younger than Docker 20.10', () => {
    expect(text).not.toMatch(/^#\s*syntax\s*=/im)
    expect(text).not.toMatch(/--mount=|--link|--parents|--exclude|<<['"]?[A-Z]/)
  })

  it('ends as a user without rights', () => {
    const users = [...text.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)
    expect(users.at(-1)).toBe('node')
  })

  it('installs from the lock file, without scripts, knowing every workspace', () => {
    expect(text).toContain('npm ci --omit=dev --ignore-scripts')
    const workspaces = globSync(['packages/*/package.json', 'services/*/package.json'], { cwd: ROOT })
    for (const workspace of workspaces) expect(text).toContain(`COPY ${workspace} `)
  })

  it('carries nothing of the machine it was written on', () => {
    const files = ['compose.yaml', 'compose.https.yaml', '.dockerignore', ...dockerfiles]
    for (const file of files)
      expect(readFileSync(join(ROOT, file), 'utf8')).not.toMatch(/ca-certificates\.crt|NODE_EXTRA_CA|PIP_CERT/)
  })
})
