import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

/** A JWK set of a few keys is a few hundred bytes. */
const MAX_BYTES = 64 * 1024

/**
 * Fetches a small JSON document. By node:http, because the global fetch brings a whole client of 15 MB into memory for
 * one request every few minutes. Redirects are not followed.
 * @throws Error when there is no usable answer within the time
 */
export function getJson(url: string, timeoutMs: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const get = url.startsWith('https:') ? getHttps : getHttp
  const request = get(url, { signal: AbortSignal.timeout(timeoutMs), agent: false }, (response) => {
    if (response.statusCode !== 200) {
      response.destroy()
      reject(new Error(`status ${response.statusCode}`))
      return
    }
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MAX_BYTES) response.destroy(new Error('the answer is too long'))
    })
    response.on('error', reject)
    response.on('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
      } catch (error) {
        reject(error)
      }
    })
  })
  request.on('error', reject)
  return promise
}
