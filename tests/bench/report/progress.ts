/** What is going on: one line that changes on a terminal, else a line for each new step. */
export interface Progress {
  say(what: string): void
  clear(): void
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  const { isTTY, columns = 80 } = stream
  return {
    say: (what) => void stream.write(isTTY ? `\r\u001b[2K${what.slice(0, columns - 1)}` : `${what}\n`),
    clear: () => {
      if (isTTY) stream.write('\r\u001b[2K')
    },
  }
}
