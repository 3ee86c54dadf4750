import type { onRequestHookHandler } from 'fastify'
import type { Config } from '../config.ts'
import { isLoopbackHost } from '../oauth/redirect-uri.ts'

type HostConfig = Pick<Config, 'PUBLIC_URL' | 'isLoopback'>

/**
 * Whether a request's Host header is one this gateway answers to: PUBLIC_URL's, and on the loopback default any loopback
 * name. A page that rebinds its own name to this machine has another one. PUBLIC_URL's own spelling is told without parsing,
 * because the one-process edge asks for every call.
 */
export function createHostRule({ PUBLIC_URL, isLoopback }: HostConfig): (host: string | undefined) => boolean {
  const own = new URL(PUBLIC_URL)
  return (host) => {
    if (host === own.host) return true
    if (host === undefined || !URL.canParse(`http://${host}`)) return false
    const hostname = new URL(`http://${host}`).hostname.replace(/\.$/, '')
    return hostname === own.hostname || (isLoopback && isLoopbackHost(hostname))
  }
}

/** Fastify hook: 421 for a host that is not ours (RFC 9110 §15.5.20). */
export function checkHost(config: HostConfig): onRequestHookHandler {
  const isKnownHost = createHostRule(config)
  return (request, reply, done) => {
    if (isKnownHost(request.headers.host)) return done()
    request.log.info({ event: 'refused', reason: 'unknown_host', status: 421 }, 'refused')
    reply.code(421).send({ error: 'invalid_request', error_description: `this gateway answers at ${config.PUBLIC_URL}` })
  }
}
