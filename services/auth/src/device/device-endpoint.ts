import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type AuthorizeContext, gatewayName } from '../authorize/authorize-context.ts'
import type { Wish } from '../authorize/decide.ts'
import { readWish } from '../authorize/read-wish.ts'
import { showNotAdmitted } from '../authorize/show-not-admitted.ts'
import { signInAgain } from '../authorize/ways.ts'
import { requireForm } from '../http/browser.ts'
import { isForm } from '../http/media-type.ts'
import { methodNotAllowed } from '../http/method-not-allowed.ts'
import { type Params, rawQuery, readParams } from '../http/params.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { createSessions } from '../http/sessions.ts'
import { countRefusals, metricsOf } from '../metrics/metrics.ts'
import { mayUseResource } from '../oauth/resource.ts'
import { clientLabel } from '../pages/claims.ts'
import { deviceEntryPage } from '../pages/device.ts'
import { deviceDonePage } from '../pages/device-done.ts'
import { pageErrorHandler } from '../pages/error-handler.ts'
import { sendPage } from '../pages/send-page.ts'
import { createDeviceAuthorizations, type DeviceDecision } from '../store/device-authorizations.ts'
import type { Session } from '../store/session-store.ts'
import { decideDevice } from './decide-device.ts'
import { requireDeviceGrant } from './device-grant.ts'
import { type Device, findDevice } from './find-device.ts'
import { createGuessThrottle, GUESS_WINDOW_SECONDS } from './guess-throttle.ts'
import { showConfirm } from './show-confirm.ts'
import { readUserCode } from './user-code.ts'

/** One text for a code that never was, that has expired, and that was answered: who guesses learns nothing. */
const WRONG_CODE =
  'This code does not work. Codes last ten minutes and are good for one answer: compare it with your device, or start again there.'
const TOO_MANY = `Too many codes. Try again in ${GUESS_WINDOW_SECONDS / 60} minutes.`

/**
 * `/device` (RFC 8628 §3.3): a signed-in person enters the code that a device shows, sees what asks for what, and answers.
 * Always asked, whatever they allowed before. Nothing is looked up for who is not signed in.
 */
export function deviceEndpoint(app: FastifyInstance, context: AuthorizeContext): void {
  const { config, stores } = context
  const devices = createDeviceAuthorizations(stores)
  const throttle = createGuessThrottle(stores.throttles)
  const sessions = createSessions(context)
  const path = `${config.publicPath}/device`
  const options = { errorHandler: pageErrorHandler(gatewayName(config)), onError: countRefusals(context.metrics, 'device') }

  app.get('/device', options, async (request, reply) => {
    requireDeviceGrant(config)
    const typed = readParams(rawQuery(request.url)).user_code
    const userCode = readUserCode(typed)
    const session = await sessions.find(request)
    if (!session) return askWho(reply, userCode)
    if (typed === undefined) return askCode(reply, session, 200)
    if (!(await throttle.allows(session.identity.subject))) {
      request.log.warn({ event: 'device_codes_throttled', subject: session.identity.subject }, 'too many user codes')
      return askCode(reply.header('retry-after', String(GUESS_WINDOW_SECONDS)), session, 429, TOO_MANY)
    }
    const device = userCode === undefined ? undefined : await findDevice(devices, context, userCode)
    if (!device || (await devices.decisionOf(device.authorization.id))) return askCode(reply, session, 400, WRONG_CODE, typed)
    if (!mayUseResource(device.resource, session.identity)) return refusePerson(request, reply, device, session)
    await devices.noteAsked(device.userCode, session.identity.subject)
    return showConfirm(request, reply, context, device, session)
  })

  app.post('/device', { ...options, onRequest: [requireSameOrigin(config), isForm] }, async (request, reply) => {
    requireDeviceGrant(config)
    const params = request.body as Params
    const userCode = readUserCode(params.user_code)
    const session = await sessions.find(request)
    if (!session) return askWho(reply, userCode)
    if (userCode === undefined) return askCode(reply, session, 400, WRONG_CODE)
    requireForm(request, params.csrf, 'device', userCode, session.identity.subject)
    // The form alone does not show that this is no guess: a person knows the secret of their own browser, which makes it.
    if (!(await devices.wasAsked(userCode, session.identity.subject))) return askCode(reply, session, 400, WRONG_CODE)
    const device = await findDevice(devices, context, userCode)
    if (!device) return askCode(reply, session, 400, WRONG_CODE)
    if (!mayUseResource(device.resource, session.identity)) return refusePerson(request, reply, device, session)
    const wish = readWish(params, device.authorization.scopes)
    if (wish === 'nothing chosen') {
      const fault = 'Choose at least one of the things the app may do, or deny.'
      return showConfirm(request, reply, context, device, session, fault)
    }
    const { first, standing } = await decideDevice(context, devices, device, session, wish)
    // A second click of the same answer is told what the first one was; anybody else's is too late.
    if (standing.decision !== wish.decision || standing.subject !== session.identity.subject) {
      return askCode(reply, session, 400, WRONG_CODE)
    }
    if (first) note(request, device, standing, wish)
    const view = { clientLabel: clientLabel(device.client), isApproved: standing.decision === 'approve' }
    return sendPage(reply, 200, deviceDonePage({ gateway: gatewayName(config), ...view }))
  })

  methodNotAllowed(app, '/device', ['GET', 'POST'], { isPage: true })

  const pageOf = (userCode?: string) =>
    ({ kind: 'page', path: userCode === undefined ? path : `${path}?user_code=${userCode}` }) as const

  const askWho = (reply: FastifyReply, userCode: string | undefined): FastifyReply =>
    reply.header('cache-control', 'no-store').redirect(signInAgain(config, pageOf(userCode)), 303)

  const askCode = (reply: FastifyReply, { identity }: Session, status: number, fault?: string, typed?: string): FastifyReply =>
    sendPage(
      reply,
      status,
      deviceEntryPage({
        gateway: gatewayName(config),
        action: path,
        identity,
        useAnotherAccount: signInAgain(config, pageOf(), { chooseAccount: true }),
        ...(typed === undefined ? {} : { typed: readUserCode(typed) ?? typed.slice(0, 32) }),
        ...(fault === undefined ? {} : { fault }),
      }),
    )

  const refusePerson = (request: FastifyRequest, reply: FastifyReply, device: Device, { identity }: Session): FastifyReply =>
    showNotAdmitted(request, reply, context, pageOf(device.userCode), identity, device.resource.server?.name ?? 'any server here')

  const note = (request: FastifyRequest, { client, authorization }: Device, standing: DeviceDecision, wish: Wish): void => {
    metricsOf(context.metrics).consents.inc({ outcome: standing.decision })
    const facts = {
      event: standing.decision === 'approve' ? 'consent_approved' : 'consent_denied',
      via: 'device_code',
      subject: standing.subject,
      client: client.clientId,
      resource: authorization.resource,
      ...(standing.decision === 'approve' && wish.decision === 'approve' ? { grant: standing.grantId, scopes: wish.scopes } : {}),
    }
    request.log.info(facts, standing.decision === 'approve' ? 'consent approved' : 'consent denied')
  }
}
