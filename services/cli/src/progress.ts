/** What is done within this needs no word. */
const PATIENCE_MS = 1_000

/** Says what is going on when it takes longer than a second. @returns what to call at its end */
export function showProgress(stream: NodeJS.WriteStream, what: string): () => void {
  const begun = performance.now()
  let shown = false
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - begun) / 1000)
    if (stream.isTTY) stream.write(`\r${what} … ${seconds} s`)
    else if (!shown) stream.write(`${what} …\n`)
    shown = true
  }, PATIENCE_MS)
  return () => {
    clearInterval(timer)
    if (shown && stream.isTTY) stream.write('\r\u001b[K')
  }
}
