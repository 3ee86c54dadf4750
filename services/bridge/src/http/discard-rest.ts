import type { IncomingMessage } from 'node:http'

/** How much of a refused body is read and thrown away, and for how long, so that its sender gets to see the refusal. */
const MAX_DISCARDED_BYTES = 256 * 1024 * 1024
const MAX_DISCARD_MS = 5_000

/**
 * Reads the rest of a body that nobody wants. Closing a socket with unread data resets it, and the sender would lose the
 * answer; so the connection stays until the body has ended or is no longer worth it.
 */
export function discardRest(req: IncomingMessage): void {
  let bytes = 0
  const stop = () => req.socket.destroy()
  const timer = setTimeout(stop, MAX_DISCARD_MS)
  timer.unref()
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_DISCARDED_BYTES) stop()
  })
  const done = () => clearTimeout(timer)
  req.once('end', done)
  req.once('close', done)
  req.resume()
}
