import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openapiDocument } from '../../services/auth/src/openapi/document.ts'
import { ROOT } from '../support/documents.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { routesOf } from '../support/routes.ts'
import { createJudge, DOCUMENT_PATH, readOpenapi } from './described.ts'

const { places } = createJudge(readOpenapi())

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway({}, { internal: true })
})
afterAll(() => gateway.close())

/** Served by the auth app; what the edge takes for the bridge has no route there. */
const isOfAuth = ({ tags }: { readonly tags: readonly string[] }) => !tags.includes('internal') && !tags.includes('mcp')
/** Fastify's spelling: `:clientId` for `{clientId}`. */
const toRoute = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1')
/** The fixture's servers by the name of the parameter. */
const nameless = (route: string) => route.replace(/(?<= |\/)(echo|other)(?=\/mcp)/, ':server')

describe('docs/openapi.json', () => {
  it('is what the schemas make now (else: npm run openapi)', () => {
    expect(JSON.parse(readFileSync(`${ROOT}/${DOCUMENT_PATH}`, 'utf8'))).toEqual(openapiDocument())
  })

  it('is of the version that the package has', () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { readonly version: string }
    expect(openapiDocument().info).toMatchObject({ version })
  })

  it('has schemas that a validator takes', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const schema of Object.values(readOpenapi().components.schemas)) expect(ajv.validateSchema(schema)).toBe(true)
  })

  it('has one name for each operation', () => {
    const ids = places.map(({ operation }) => operation.operationId)
    expect(ids).toHaveLength(new Set(ids).size)
  })

  it('describes every route of the public listener', async () => {
    const described = new Set(
      places.flatMap(({ method, path, operation }) =>
        [toRoute(path), ...(operation['x-also-at'] ?? [])].map((route) => `${method} ${route}`),
      ),
    )
    const routes = (await routesOf(gateway.gatehouse.auth.publicApp)).map(nameless)
    expect(routes.filter((route) => !described.has(route))).toEqual([])
  })

  it('describes every route of the internal listener', async () => {
    const routes = await routesOf(gateway.gatehouse.auth.internalApp)
    const described = places.filter(({ operation }) => operation.tags.includes('internal'))
    expect(described.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort())
  })

  it('describes nothing that is not there', async () => {
    const routes = new Set((await routesOf(gateway.gatehouse.auth.publicApp)).map(nameless))
    const isThere = (method: string, path: string) =>
      [toRoute(path), path.replace(/(^\/\.well-known\/[\w-]+)\/.*$/, '$1/*')].some((route) => routes.has(`${method} ${route}`))
    const missing = places.filter(({ method, path, operation }) => isOfAuth(operation) && !isThere(method, path))
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  it.each(places.filter(({ operation }) => operation.tags.includes('mcp') && operation.operationId !== 'preflightCallServer'))(
    'describes $method $path, which is there, behind the gate',
    async ({ method }) => {
      expect((await send(gateway.server(), { method })).status).toBe(401)
    },
  )
})
