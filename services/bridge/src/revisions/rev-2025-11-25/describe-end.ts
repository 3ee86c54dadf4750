import type { ChildEnd } from '../../child/child.ts'

/** What happened to a server, as a sentence for the person who called it. */
export function describeEnd(name: string, end: ChildEnd): string {
  switch (end.reason) {
    case 'not_started':
      return `The server "${name}" could not be started (${end.code}).`
    case 'line_too_long':
      return `The server "${name}" wrote a message that is too long, and was ended.`
    case 'deaf':
      return `The server "${name}" stopped reading its input, and was ended.`
    case 'exit': {
      const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`
      return `The server "${name}" ended (${how})${end.lastStderr === undefined ? '.' : `: ${end.lastStderr.slice(0, 200)}`}`
    }
  }
}
