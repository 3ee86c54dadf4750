import type { Redis } from 'ioredis'

/**
 * Lets the commands of one turn of the event loop leave in one write: under load a system call for each costs more than the
 * command itself. Unlike the pipelines that ioredis can make, nothing else changes: each command has its own time limit,
 * and none waits for the answer to another.
 */
export function writeTogether(redis: Redis): void {
  const send = redis.sendCommand.bind(redis)
  let isHeld = false
  redis.sendCommand = (command, stream) => {
    const held = redis.stream as Redis['stream'] | undefined
    if (!isHeld && held !== undefined) {
      isHeld = true
      held.cork()
      setImmediate(() => {
        isHeld = false
        held.uncork()
      })
    }
    return send(command, stream)
  }
}
