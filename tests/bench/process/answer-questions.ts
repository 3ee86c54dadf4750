/** What one process of the benchmark is asked by another, and what it says. */
export interface Question {
  readonly id: number
  readonly name: string
  readonly input: unknown
}

export interface Reply {
  readonly id: number
  readonly output?: unknown
  readonly error?: string
}

export type Handlers = Readonly<Record<string, (input: never) => unknown>>

/**
 * Makes this process answer its parent's questions, one message each. It ends with its parent, however that one ends,
 * so that a benchmark that was killed leaves nothing behind.
 */
export function answerQuestions(handlers: Handlers): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ id, name, input }: Question) => {
    let reply: Reply
    try {
      const handler = handlers[name]
      if (handler === undefined) throw new Error(`nobody answers "${name}" here`)
      reply = { id, output: await handler(input as never) }
    } catch (error) {
      reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    process.send?.(reply)
  })
}
