import { describe, expect, it } from 'vitest'
import { findCommand } from './find-command.ts'

describe('findCommand', () => {
  it.each([
    ['a program on the PATH', 'sh', '/usr/bin:/bin', true],
    ['a program by its path', '/bin/sh', undefined, true],
    ['a program that is nowhere', 'no-such-program', '/usr/bin:/bin', false],
    ['a program without a PATH', 'sh', undefined, false],
    ['a file that cannot be run', '/etc/passwd', undefined, false],
    ['a folder', '/usr', undefined, false],
  ])('%s', (_what, command, path, found) => {
    expect(findCommand(command, path, '/') !== undefined).toBe(found)
  })

  it('looks below the working folder for a path', () => {
    expect(findCommand('./sh', undefined, '/bin')).toBe('/bin/sh')
  })
})
