import { z } from 'zod'
import { PATH_FAULTS } from './answers.ts'
import type { Answer, Method, Operation } from './operation.ts'
import { TAGS } from './operation.ts'
import { account } from './operations/account.ts'
import { authorization } from './operations/authorization.ts'
import { devices } from './operations/devices.ts'
import { discovery } from './operations/discovery.ts'
import { internal } from './operations/internal.ts'
import { mcp } from './operations/mcp.ts'
import { registration } from './operations/registration.ts'
import { tokens } from './operations/tokens.ts'

/** Everything that is served, in the order in which a client meets it. */
const OPERATIONS: readonly Operation[] = [
  ...discovery,
  ...registration,
  ...authorization,
  ...devices,
  ...tokens,
  ...account,
  ...mcp,
  ...internal,
]

type Json = Readonly<Record<string, unknown>>

const INFO = {
  title: 'Gatehouse',
  version: '0.1.0',
  description: `An OAuth 2.1 authorization server in front of MCP servers.

Not repeated at each operation: HEAD is answered wherever GET is. On the public listener any other method of a path is 405 with \`Allow\`, any other
path 404; both as \`Error\`. A request that is no HTTP, or whose headers exceed 32 KiB, is refused by the listener with 400 or
431. Every answer on the public listener has \`X-Request-Id\` and \`X-Content-Type-Options: nosniff\`, and with an https
PUBLIC_URL \`Strict-Transport-Security\`.

Well-known paths stand at the root of the host, all others below PUBLIC_URL.`,
  license: { name: 'MIT', identifier: 'MIT' },
}

const SECURITY_SCHEMES = {
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'For one server, or for all (RFC 9068).' },
  initialAccessToken: { type: 'http', scheme: 'bearer', description: 'Of the operator, with REGISTRATION=token (RFC 7591 §3).' },
  registrationAccessToken: { type: 'http', scheme: 'bearer', description: 'Of the registration (RFC 7592).' },
  clientSecretBasic: { type: 'http', scheme: 'basic', description: 'client_id and client_secret (RFC 6749 §2.3.1).' },
}

/** The OpenAPI 3.1 document: what docs/openapi.json must hold. */
export function openapiDocument(operations: readonly Operation[] = OPERATIONS): Json {
  const components = new Map<string, Json>()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations.flatMap(withPreflight(operations))) {
    paths[operation.path] ??= operation.tag === 'internal' ? { servers: [{ url: 'http://localhost:9090' }] } : {}
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: describe(operation, components) })
  }
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: 'http://localhost:8080', description: 'PUBLIC_URL; this is its default.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([one], [other]) => (one < other ? -1 : 1))),
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

function describe(operation: Operation, components: Map<string, Json>): Json {
  const schema = (type: z.ZodType, io: 'input' | 'output') => toSchema(type, io, components)
  const parameters = [
    ...parametersOf('path', operation.pathParams, schema),
    ...parametersOf('query', operation.query, schema),
    ...parametersOf('header', operation.headers, schema),
  ]
  const { body } = operation
  return {
    tags: [operation.tag],
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(operation.alsoAt === undefined ? {} : { 'x-also-at': operation.alsoAt }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            ...(body.isOptional ? {} : { required: true }),
            content: { [body.mediaType]: { schema: schema(body.schema, 'input') } },
          },
        }),
    ...(operation.security === undefined ? {} : { security: operation.security }),
    responses: Object.fromEntries(
      Object.entries(operation.answers).map(([status, answer]) => [status, response(answer, schema)]),
    ),
  }
}

type Convert = (type: z.ZodType, io: 'input' | 'output') => Json

const parametersOf = (place: 'path' | 'query' | 'header', params: z.ZodObject | undefined, schema: Convert): Json[] =>
  Object.entries(params?.shape ?? {}).map(([name, type]) => {
    const { description, ...rest } = schema(type as z.ZodType, 'input')
    const isRequired = place === 'path' || !(type as z.ZodType).safeParse(undefined).success
    return { name, in: place, ...(isRequired ? { required: true } : {}), ...(description ? { description } : {}), schema: rest }
  })

const response = ({ description, content, headers }: Answer, schema: Convert): Json => ({
  description,
  ...(headers === undefined
    ? {}
    : {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, says]) => [
            name,
            { description: says, required: true, schema: { type: 'string' } },
          ]),
        ),
      }),
  ...(content === undefined
    ? {}
    : {
        content: Object.fromEntries(
          Object.entries(content).map(([mediaType, type]) => [mediaType, { schema: schema(type, 'output') }]),
        ),
      }),
})

/** A schema with a name (`id`) becomes a component, and a reference to it. */
function toSchema(type: z.ZodType, io: 'input' | 'output', components: Map<string, Json>): Json {
  const name = type.meta()?.id
  // Another object around it, so that a named schema is a definition and not the root.
  const { $defs, ...holder } = z.toJSONSchema(z.object({ it: type }), {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => allowWhatIsLeftOut(zodSchema, jsonSchema),
  }) as unknown as { readonly $defs?: Record<string, Json>; readonly properties: { readonly it: Json } }
  for (const [id, definition] of Object.entries($defs ?? {})) {
    const { id: _, ...rest } = definition
    components.set(id, relocate(rest) as Json)
  }
  return name === undefined ? (relocate(holder.properties.it) as Json) : { $ref: `#/components/schemas/${name}` }
}

/** `preprocess` hides from zod's JSON Schema that what it wraps is optional. */
function allowWhatIsLeftOut(type: z.core.$ZodType, schema: z.core.JSONSchema.BaseSchema): void {
  if (!(type instanceof z.ZodObject) || schema.required === undefined) return
  const required = schema.required.filter((name) => !(type.shape[name] as z.ZodType).safeParse(undefined).success)
  if (required.length > 0) schema.required = required
  else delete schema.required
}

const relocate = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll('"#/$defs/', '"#/components/schemas/')
      .replaceAll(/"\$schema":"[^"]*",?/g, ''),
  )

/** A preflight beside the first operation of every path that pages of other origins may call. */
const withPreflight =
  (all: readonly Operation[]) =>
  (operation: Operation): Operation[] => {
    const isFirst = all.find(({ path, isForAnyOrigin }) => path === operation.path && isForAnyOrigin) === operation
    if (!isFirst) return [operation]
    const methods = all.filter(({ path }) => path === operation.path).map(({ method }) => method.toUpperCase())
    return [operation, preflightOf(operation, methods)]
  }

const preflightOf = ({ path, tag, id, pathParams, alsoAt, answers }: Operation, methods: readonly string[]): Operation => {
  // What is refused before the method counts.
  const kept = [...(tag === 'mcp' ? [404] : []), ...(pathParams ? [400, 414] : []), 421].flatMap((status) =>
    answers[status] ? [[status, status === 400 ? PATH_FAULTS[400] : answers[status]]] : [],
  )
  return {
    method: 'options' satisfies Method,
    path,
    tag,
    id: `preflight${id[0]?.toUpperCase()}${id.slice(1)}`,
    summary: 'May a page of another origin ask?',
    ...(pathParams ? { pathParams } : {}),
    ...(alsoAt ? { alsoAt } : {}),
    answers: {
      204: {
        description: `Yes: ${methods.join(', ')}, never with credentials.`,
        headers: {
          'Access-Control-Allow-Methods': 'Those that there are.',
          'Access-Control-Allow-Headers': 'Those asked for, or the usual ones.',
          'Access-Control-Max-Age': 'Two hours.',
        },
      },
      ...Object.fromEntries(kept),
    },
  }
}
