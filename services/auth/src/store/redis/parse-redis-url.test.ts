import { describe, expect, it } from 'vitest'
import { parseRedisUrl } from './parse-redis-url.ts'

const nothing = { tls: false, username: undefined, password: undefined, db: 0, masterName: '' }

describe('the Redis forms of STORE_URL', () => {
  it.each([
    ['redis://redis', { topology: 'single', nodes: [{ host: 'redis', port: 6379 }] }],
    ['redis://10.0.0.1:6380/3', { topology: 'single', nodes: [{ host: '10.0.0.1', port: 6380 }], db: 3 }],
    ['redis://[::1]:6380/', { topology: 'single', nodes: [{ host: '::1', port: 6380 }] }],
    ['redis://:p%40ss%2F@h', { topology: 'single', nodes: [{ host: 'h', port: 6379 }], password: 'p@ss/' }],
    ['rediss://me:pw@h:1', { topology: 'single', tls: true, nodes: [{ host: 'h', port: 1 }], username: 'me', password: 'pw' }],
    [
      'redis+sentinel://:pw@a,b:26380/2?name=mymaster',
      {
        topology: 'sentinel',
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
        password: 'pw',
        db: 2,
        masterName: 'mymaster',
      },
    ],
    [
      'rediss+cluster://a:7000,b:7001',
      {
        topology: 'cluster',
        tls: true,
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 7001 },
        ],
      },
    ],
  ])('reads %s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual({ ...nothing, ...expected })
  })

  it.each([
    ['no host', 'redis://:hunter2@', 'must look like'],
    ['a scheme that does not exist', 'redis+proxy://:hunter2@h', 'must look like'],
    ['an IPv6 address without brackets', 'redis://:hunter2@::1:6379', 'host'],
    ['several hosts for one server', 'redis://:hunter2@a,b', 'several hosts'],
    ['a database in a cluster', 'redis+cluster://:hunter2@a/1', 'database'],
    ['Sentinel without the name of the master', 'redis+sentinel://:hunter2@a', '?name='],
    ['a password that is not percent-encoded', 'redis://:hunter2%@a', 'percent-encoded'],
  ])('refuses %s without repeating the password', (_what, url, sentence) => {
    expect(() => parseRedisUrl(url)).toThrow(sentence)
    expect(() => parseRedisUrl(url)).not.toThrow('hunter2')
  })
})
