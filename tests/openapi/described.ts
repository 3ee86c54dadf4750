import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { ROOT } from '../support/documents.ts'

type Json = Readonly<Record<string, unknown>>

interface Media {
  readonly schema: Json
}

interface Response {
  readonly description: string
  readonly content?: Readonly<Record<string, Media>>
  readonly headers?: Readonly<Record<string, unknown>>
}

interface Described {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly 'x-also-at'?: readonly string[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Response>>
}

export interface OpenapiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>
    readonly responses: Readonly<Record<string, Response>>
  }
}

export const DOCUMENT_PATH = 'docs/openapi.json'
export const readOpenapi = (): OpenapiDocument => JSON.parse(readFileSync(`${ROOT}/${DOCUMENT_PATH}`, 'utf8')) as OpenapiDocument

/** A real answer. */
export interface Observed {
  readonly method: string
  /** Without PUBLIC_URL's path. */
  readonly path: string
  readonly status: number
  readonly contentType: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface Place {
  readonly method: string
  /** As in the document, `/register/{clientId}`. */
  readonly path: string
  readonly operation: Described
}

/** Holds real answers against the document. */
export function createJudge(document: OpenapiDocument) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, 'openapi')
  const validators = new Map<string, ValidateFunction>()
  const places = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'servers')
      .map(([method, operation]): Place => ({ method: method.toUpperCase(), path, operation })),
  )
  const patterns = places
    .map((place) => ({ place, pattern: new RegExp(`^${place.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
    .sort((one, other) => Number(one.place.path.includes('{')) - Number(other.place.path.includes('{')))

  return {
    places,
    /** undefined when the path is none of the document's. */
    find: (method: string, path: string): Place | undefined =>
      patterns.find(({ place, pattern }) => place.method === (method === 'HEAD' ? 'GET' : method) && pattern.test(path))?.place,
    /** What the document does not say of this answer; [] when all is described. */
    faults({ method, path, operation }: Place, { status, contentType, headers, text, ...observed }: Observed): string[] {
      const at = `${method} ${path} ${status}`
      const described = operation.responses[status]
      if (described === undefined) return [`${at}: not described`]
      const { content, headers: promised } = resolve(document, described)
      const missing = Object.keys(promised ?? {})
        .filter((name) => headers[name.toLowerCase()] === undefined)
        .map((name) => `${at}: no ${name}`)
      if (observed.method === 'HEAD') return missing
      if (content === undefined) return text === '' ? missing : [...missing, `${at}: a body, ${text.slice(0, 100)}`]
      const mediaType = Object.keys(content).find((name) => essence(name) === essence(contentType ?? ''))
      if (mediaType === undefined) return [...missing, `${at}: ${contentType} is not described`]
      if (!essence(mediaType).endsWith('json')) return missing
      const pointer = pointerTo(document, path, method, status, mediaType)
      let validate = validators.get(pointer)
      if (!validate) {
        validate = ajv.compile({ $ref: `openapi#${pointer}` })
        validators.set(pointer, validate)
      }
      if (validate(JSON.parse(text))) return missing
      return [
        ...missing,
        ...(validate.errors ?? []).map(
          (error) => `${at}: ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
        ),
      ]
    },
  }
}

const essence = (mediaType: string): string => (mediaType.split(';')[0] ?? '').trim().toLowerCase()

const resolve = (document: OpenapiDocument, response: Response | { readonly $ref: string }): Response =>
  '$ref' in response ? (document.components.responses[response.$ref.split('/').at(-1) ?? ''] as Response) : response

function pointerTo(document: OpenapiDocument, path: string, method: string, status: number, mediaType: string): string {
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[status] as { readonly $ref?: string }
  const place = response.$ref?.slice(1) ?? `/paths/${inPointer(path)}/${method.toLowerCase()}/responses/${status}`
  return `${place}/content/${inPointer(mediaType)}/schema`
}

/** RFC 6901 §3 and §6: in a pointer, and in a URI. */
const inPointer = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
