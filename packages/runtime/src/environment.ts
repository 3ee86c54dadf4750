import { readFileSync } from 'node:fs'
import type { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment could not be used. The message lists every fault, a line each, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads one service's variables. An empty variable counts as absent; `NAME_FILE` holds the path of a file with the value.
 * @param schema - an object schema whose keys are the variables' names
 * @throws ConfigError with every fault at once
 */
export function readEnvironment<Schema extends z.ZodObject>(schema: Schema, environment: Environment): z.infer<Schema> {
  const faults: string[] = []
  const values: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const direct = environment[name]
    const file = environment[`${name}_FILE`]
    if (direct && file) faults.push(`${name} and ${name}_FILE are both set; keep one`)
    else if (direct) values[name] = direct
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').trim()
      } catch (error) {
        faults.push(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code})`)
      }
    }
  }
  const parsed = schema.safeParse(values)
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`))
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults.join('\n'))
  return parsed.data
}
