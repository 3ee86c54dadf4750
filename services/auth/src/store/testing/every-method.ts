import { nowSeconds } from '../../oauth/clock.ts'
import type { Stores } from '../stores.ts'
import { identity, sampleClient, sampleCode, sampleGrant, sampleRefresh, unique } from './samples.ts'

const clock = Date.now

/** A call of every method of every store, by name: an outage must be an outage for each. */
export function everyMethod(stores: Stores): Record<string, () => Promise<unknown>> {
  const { grants, clients, sessions, signIns, decisions, approvals, throttles, expiring, keys, revocations } = stores
  const grant = sampleGrant(clock)
  const code = sampleCode(clock)
  const client = sampleClient(clock)
  const session = { identity: identity(), signedInAt: nowSeconds(clock) }
  const resume = { kind: 'page', path: '/account' } as const
  const attempt = { provider: 'github', browserHash: 'b', codeVerifier: 'v', nonce: 'n', resume }
  const key = { generation: 7, kid: 'kid', publicJwk: {}, sealedPrivateJwk: 'sealed', activatesAt: 1, createdAt: 1 }
  return {
    'grants.issueCode': () => grants.issueCode(grant, code),
    'grants.findCode': () => grants.findCode(grant.id, code.codeHash),
    'grants.countFailedRedemption': () => grants.countFailedRedemption(grant.id, code.codeHash),
    'grants.redeemCode': () => grants.redeemCode(grant.id, code.codeHash, sampleRefresh(clock)),
    'grants.create': () => grants.create(sampleGrant(clock), sampleRefresh(clock)),
    'grants.find': () => grants.find(grant.id),
    'grants.rotate': () => grants.rotate(grant.id, 'hash', sampleRefresh(clock), 120),
    'grants.listBySubject': () => grants.listBySubject(grant.identity.subject),
    'grants.listByClient': () => grants.listByClient(grant.clientId),
    'grants.revokeToken': () => grants.revokeToken(grant.id, 'jti', nowSeconds(clock)),
    'grants.touch': () => grants.touch(grant.id),
    'grants.list': () => grants.list(),
    'grants.revoke': () => grants.revoke(unique('grt')),
    'clients.create': () => clients.create(client, unique('fingerprint'), 100),
    'clients.find': () => clients.find(client.clientId),
    'clients.findUnused': () => clients.findUnused('fingerprint'),
    'clients.update': () => clients.update(client),
    'clients.markUsed': () => clients.markUsed(client.clientId),
    'clients.list': () => clients.list(),
    'clients.delete': () => clients.delete(unique('client')),
    'sessions.put': () => sessions.put('session', session, 60),
    'sessions.find': () => sessions.find('session'),
    'sessions.delete': () => sessions.delete(unique('session')),
    'sessions.deleteBySubject': () => sessions.deleteBySubject(unique('subject')),
    'signIns.put': () => signIns.put('state', attempt, 60),
    'signIns.find': () => signIns.find('state'),
    'signIns.take': () => signIns.take(unique('state')),
    'decisions.decideOnce': () => decisions.decideOnce('request', 'yes', 60),
    'decisions.find': () => decisions.find('request'),
    'approvals.remember': () => approvals.remember('subject', 'key', 60),
    'approvals.has': () => approvals.has('subject', 'key'),
    'approvals.forgetAll': () => approvals.forgetAll(unique('subject')),
    'throttles.hit': () => throttles.hit('key', 60),
    'throttles.reset': () => throttles.reset(unique('key')),
    'expiring.put': () => expiring.put('replay', 'name', 'value', 60),
    'expiring.add': () => expiring.add('replay', unique('name'), 'value', 60),
    'expiring.find': () => expiring.find('replay', 'name'),
    'expiring.take': () => expiring.take('replay', unique('name')),
    'keys.list': () => keys.list(),
    'keys.add': () => keys.add(key),
    'keys.replace': () => keys.replace(key),
    'keys.remove': () => keys.remove(8),
    'revocations.publish': () => revocations.publish('grt_1'),
    ping: () => stores.ping(),
  }
}
