import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { anyOrigin, preflight } from '../http/cors.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { noStore } from '../http/no-store.ts'
import { rawQuery, readParams } from '../http/params.ts'
import { countRefusals } from '../metrics/metrics.ts'
import { OAuthError } from '../oauth/error.ts'
import { qrSvg, qrText } from '../pages/qr.ts'
import { deviceUrls, requireDeviceGrant } from './device-grant.ts'
import { readUserCode } from './user-code.ts'

/**
 * `GET /device/qr?user_code=…`: the QR code of `verification_uri_complete`, as an SVG, or as text for a terminal
 * (`Accept: text/plain`, or `format=text`). Drawn from the code alone, whether there is such a code or not: it tells nothing.
 */
export function deviceQrEndpoint(app: FastifyInstance, context: Pick<Context, 'config' | 'metrics'>): void {
  const { config } = context
  const options = { onRequest: [anyOrigin, noStore], onError: countRefusals(context.metrics, 'device-qr') }
  app.get('/device/qr', options, async (request, reply) => {
    requireDeviceGrant(config)
    const { user_code: typed, format } = readParams(rawQuery(request.url))
    const userCode = readUserCode(typed)
    if (userCode === undefined) {
      throw new OAuthError('invalid_request', 'user_code is missing or not one of ours', { reason: 'user_code_malformed' })
    }
    const { complete } = deviceUrls(config, userCode)
    reply.header('vary', 'Accept').header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    if (format === 'text' || (format === undefined && /\btext\/plain\b/i.test(request.headers.accept ?? ''))) {
      return reply.type('text/plain; charset=utf-8').send(qrText(complete))
    }
    return reply.type('image/svg+xml; charset=utf-8').send(qrSvg(complete, `QR code of ${complete}`).markup)
  })
  preflight(app, '/device/qr', ['GET'])
  methodNotAllowed(app, '/device/qr', ['GET', 'OPTIONS'])
}
