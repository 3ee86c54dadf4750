import type { WireError } from '../http/error-handler.ts'
import type { Html } from './html.ts'
import { reconnectSteps } from './reconnect.ts'

export interface ErrorText {
  readonly title: string
  readonly what: string
  readonly advice?: Html | string
}

const START_AGAIN = 'Go back to the app and connect again. This page can be closed.'
const COOKIES =
  'Go back to the app and connect again, in one browser from start to end. If this keeps happening, let this site set cookies; Safari keeps none for http://localhost.'

/** One text for all: who opens another's link learns nothing. */
const PUSHED_REQUEST: ErrorText = {
  title: 'This link is over',
  what: 'The app’s link to this page was used before, is older than a minute and a half, or was made for another app.',
  advice: START_AGAIN,
}

/** What people are told, by the reason that the log has. Without an entry here, the description is good enough. */
const TEXTS: Readonly<Record<string, ErrorText>> = {
  client_unknown: {
    title: 'Connect this app again',
    what: 'This gateway does not know the app that sent you.',
    advice: reconnectSteps,
  },
  client_id_missing: { title: 'Nobody to connect', what: 'The address does not say which app asks.', advice: START_AGAIN },
  redirect_uri_mismatch: {
    title: 'This app may not send you there',
    what: 'The app wants the answer at an address that it did not register, so this stops here.',
    advice: reconnectSteps,
  },
  redirect_uri_missing: {
    title: 'Nowhere to go back to',
    what: 'The app does not say where the answer should go.',
    advice: START_AGAIN,
  },
  redirect_uri_withdrawn: {
    title: 'The app has changed meanwhile',
    what: 'It no longer has the address to which the answer would have gone, so this stops here.',
    advice: START_AGAIN,
  },
  resource_withdrawn: {
    title: 'The server has gone meanwhile',
    what: 'This gateway no longer has the server that the app asked for.',
    advice: START_AGAIN,
  },
  request_expired: { title: 'That took too long', what: 'A sign-in must be finished within 15 minutes.', advice: START_AGAIN },
  request_unreadable: {
    title: 'Nothing to continue',
    what: 'This address is no sign-in that was begun here, or only a part of one.',
    advice: START_AGAIN,
  },
  pushed_request_unknown: PUSHED_REQUEST,
  pushed_request_of_other_client: PUSHED_REQUEST,
  pushed_request_answered: PUSHED_REQUEST,
  device_grant_off: {
    title: 'Not offered here',
    what: 'The operator of this gateway has switched sign-in by a code on a device off.',
    advice: 'Connect with an app that opens a browser.',
  },
  answered_before: {
    title: 'Already answered',
    what: 'You answered this question before, and an answer counts once.',
    advice: START_AGAIN,
  },
  cross_origin_form: {
    title: 'Not from this page',
    what: 'Another web site sent this form, so nothing was done.',
    advice: START_AGAIN,
  },
  form_without_browser: { title: 'Please start again', what: 'This browser did not send back our cookie.', advice: COOKIES },
  form_of_another_page: {
    title: 'Please start again',
    what: 'This form was shown to another browser or another account, so nothing was done.',
    advice: COOKIES,
  },
  callback_state: {
    title: 'This sign-in is over',
    what: 'It was finished before, took too long, or was not begun here.',
    advice: START_AGAIN,
  },
  callback_of_another_browser: {
    title: 'Begun in another browser',
    what: 'This sign-in was begun in another browser, so nobody was signed in here.',
    advice: COOKIES,
  },
  store_unavailable: {
    title: 'One moment',
    what: 'The gateway cannot reach its store right now.',
    advice: 'Reload this page in a few seconds. Nothing is lost.',
  },
  bug: {
    title: 'Something broke',
    what: 'The gateway failed while answering.',
    advice: 'Reload this page, or go back and try again.',
  },
}

export const errorText = ({ reason, description }: WireError): ErrorText =>
  TEXTS[reason] ?? { title: 'This cannot go on', what: sentence(description), advice: START_AGAIN }

const sentence = (description: string): string =>
  `${description.charAt(0).toUpperCase()}${description.slice(1).replace(/\.?$/, '.')}`
