import { createLog } from '@gatehouse/runtime'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createClock } from '../../../../tests/support/clock.ts'
import { describeWithDocker } from '../../../../tests/support/docker.ts'
import { openStores } from './open-stores.ts'
import { storesContract } from './stores.contract.ts'
import { everyMethod } from './testing/every-method.ts'
import { expectOutage, expectService } from './testing/outage.ts'
import { PASSWORD, type RedisContainer, startRedisContainer } from './testing/redis-containers.ts'
import { sampleGrant, sampleRefresh } from './testing/samples.ts'

const log = createLog('test', 'silent')
const credentials = `:${encodeURIComponent(PASSWORD)}`
const auth = `--requirepass '${PASSWORD}' --masterauth '${PASSWORD}'`

/** Three masters; the cluster bus stays inside the container. */
const CLUSTER = `
bus=17001
for port in $1 $2 $3; do
  mkdir -p /data/$port
  redis-server --port $port --dir /data/$port --save '' --daemonize yes ${auth} --cluster-enabled yes \
    --cluster-port $bus --cluster-announce-ip 127.0.0.1 --cluster-announce-port $port --cluster-announce-bus-port $bus
  bus=$((bus + 1))
done
sleep 1
redis-cli -a '${PASSWORD}' --cluster create 127.0.0.1:$1 127.0.0.1:$2 127.0.0.1:$3 --cluster-yes
until redis-cli -a '${PASSWORD}' -p $1 cluster info | grep -q cluster_state:ok; do sleep 0.1; done
echo cluster is up
exec sleep infinity
`

/** A master, a replica and one sentinel that decides alone. */
const SENTINEL = `
redis-server --port $1 --save '' --daemonize yes ${auth} --pidfile /tmp/master.pid
redis-server --port $2 --save '' --daemonize yes ${auth} --replicaof 127.0.0.1 $1 --replica-announce-ip 127.0.0.1
cat > /tmp/sentinel.conf <<EOF
port $3
sentinel monitor mymaster 127.0.0.1 $1 1
sentinel auth-pass mymaster ${PASSWORD}
sentinel down-after-milliseconds mymaster 500
sentinel failover-timeout mymaster 2000
EOF
until redis-cli -a '${PASSWORD}' -p $2 info replication | grep -q master_link_status:up; do sleep 0.1; done
redis-server /tmp/sentinel.conf --sentinel --daemonize yes
until redis-cli -p $3 sentinel replicas mymaster | grep -q $2; do sleep 0.1; done
echo sentinel is up
exec sleep infinity
`

describeWithDocker('Redis Cluster', () => {
  let container: RedisContainer
  let admin: Cluster

  beforeAll(async () => {
    container = await startRedisContainer(CLUSTER, 3, /cluster is up/)
    const nodes = container.ports.map((port) => ({ host: '127.0.0.1', port }))
    admin = new Cluster(nodes, { redisOptions: { password: PASSWORD } })
  })
  afterAll(async () => {
    admin.disconnect()
    await container.stop()
  })

  const flush = () => Promise.all(admin.nodes('master').map((node) => node.flushall()))
  const open = (clock = Date.now) =>
    openStores(`redis+cluster://${credentials}@127.0.0.1:${container.ports[0]},127.0.0.1:${container.ports[1]}`, { clock, log })

  storesContract('Redis Cluster, opened twice', async () => {
    await vi.waitFor(flush)
    const clock = createClock()
    return { first: await open(clock.now), second: await open(clock.now), clock }
  })

  it('loads scripts again on nodes that have forgotten them', async () => {
    const stores = await open()
    for (const [name, call] of Object.entries(everyMethod(stores))) {
      await Promise.all(admin.nodes('master').map((node) => node.script('FLUSH')))
      await expect(call(), name).resolves.not.toThrow()
    }
    await stores.close()
  })

  it('answers "unavailable" in time while its nodes hang, and serves when they are back', async () => {
    const stores = await open()
    await container.pause()
    await expectOutage(stores)
    await expectOutage(stores)
    await container.unpause()
    await expectService(stores)
    await stores.close()
  })

  it('serves again when all its nodes were killed and came back', async () => {
    const stores = await open()
    await container.kill()
    await expectOutage(stores)
    await container.start()
    // How long the nodes take to find each other is theirs.
    await vi.waitFor(() => stores.throttles.hit('key', 60), { timeout: 20_000, interval: 100 })
    await expectService(stores)
    await stores.close()
  })

  it('carries revocations between replicas that listen at different nodes', async () => {
    const [first, second] = [await open(), await open()]
    const heard: string[] = []
    first.revocations.subscribe(
      (grantId) => heard.push(grantId),
      () => {},
    )
    second.revocations.subscribe(
      (grantId) => heard.push(grantId),
      () => {},
    )
    await first.revocations.publish('grt_1')
    await vi.waitFor(() => expect(heard).toEqual(['grt_1', 'grt_1']))
    await first.close()
    await second.close()
  })
})

describeWithDocker('Redis with Sentinel', () => {
  let container: RedisContainer
  beforeAll(async () => {
    container = await startRedisContainer(SENTINEL, 3, /sentinel is up/)
  })
  afterAll(() => container.stop())

  it('serves on the new master after a failover, with the grants of before', async () => {
    const url = `redis+sentinel://${credentials}@127.0.0.1:${container.ports[2]}/0?name=mymaster`
    const stores = await openStores(url, { clock: Date.now, log })
    const grant = sampleGrant(Date.now)
    const refresh = sampleRefresh(Date.now)
    await stores.grants.create(grant, refresh)
    const heard: string[] = []
    stores.revocations.subscribe(
      (grantId) => heard.push(grantId),
      () => {},
    )

    await container.exec('sh', '-c', 'kill -9 $(cat /tmp/master.pid)')
    await vi.waitFor(
      async () => {
        const rotation = await stores.grants.rotate(grant.id, refresh.refreshHash, sampleRefresh(Date.now), 120)
        expect(rotation.outcome).toBe('rotated')
      },
      { timeout: 15_000, interval: 100 },
    )
    await vi.waitFor(
      async () => {
        await stores.revocations.publish('grt_1')
        expect(heard).toContain('grt_1')
      },
      { timeout: 5_000, interval: 100 },
    )
    await stores.close()
  })
})
