import type { FastifyInstance } from 'fastify'

/** `METHOD /path` of all that an app serves, HEAD left out. Methods that are only there to be answered 405 do not count. */
export async function routesOf(app: FastifyInstance): Promise<string[]> {
  const stack: string[] = []
  const routes: string[] = []
  for (const [, indent = '', part = '', listed = ''] of app.printRoutes({ commonPrefix: false }).matchAll(ROUTE)) {
    stack.splice(indent.length / 4, Number.POSITIVE_INFINITY, part === '*' ? '/*' : part)
    const path = stack.join('')
    const refusal = listed.includes('PATCH') ? await app.inject({ method: 'PATCH', url: path.replace(/:\w+/, 'x') }) : undefined
    const methods = String(refusal?.headers.allow ?? listed).split(', ')
    routes.push(...methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`))
  }
  return routes
}

/** A line of Fastify's route tree: four characters of indent a level, the rest of the path, the methods. */
const ROUTE = /^((?:│ {3}| {4})*)[├└]── (\S+) \(([A-Z, -]+)\)$/gm
