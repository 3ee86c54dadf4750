import { readFileSync } from 'node:fs'
import { answerQuestions } from '../process/answer-questions.ts'
import { type CallLoadOptions, openCallLoad, timeSession } from './call-load.ts'
import { openPipeLoad, type PipeLoadOptions, timeChild } from './pipe-load.ts'
import { createRequestLoad, type Load, type RequestLoadOptions } from './request-load.ts'
import { probeRevocations, type RevocationProbeOptions } from './revocation-probe.ts'
import { createTokenLoad, type TokenLoadOptions } from './token-load.ts'
import type { Until } from './window.ts'

/** Call loads come with the path of the file that holds the current assertion. */
export type CallLoadQuestion = Omit<CallLoadOptions, 'assertion'> & { readonly assertionFile: string }

type Named<Options> = Options & { readonly name: string }

/** The load generator: a process of its own, so that its work is not the servers'. */
const loads = new Map<string, Load & { burst?: (calls: number) => Promise<number> }>()

const named = (name: string) => {
  const load = loads.get(name)
  if (load === undefined) throw new Error(`no load "${name}"`)
  return load
}

const withAssertion = ({ assertionFile, ...options }: CallLoadQuestion): CallLoadOptions => ({
  ...options,
  assertion: () => readFileSync(assertionFile, 'utf8'),
})

answerQuestions({
  'open requests': ({ name, ...options }: Named<RequestLoadOptions>) => void loads.set(name, createRequestLoad(options)),
  'open calls': async ({ name, ...options }: Named<CallLoadQuestion>) =>
    void loads.set(name, await openCallLoad(withAssertion(options))),
  'open pipe': async ({ name, ...options }: Named<PipeLoadOptions>) => void loads.set(name, await openPipeLoad(options)),
  'open tokens': ({ name, ...options }: Named<TokenLoadOptions>) => void loads.set(name, createTokenLoad(options)),
  run: ({ name, until }: { name: string; until: Until }) => named(name).run(until),
  burst: ({ name, calls }: { name: string; calls: number }) => named(name).burst?.(calls),
  'probe revocations': (options: RevocationProbeOptions) => probeRevocations(options),
  close: ({ name }: { name: string }) => {
    named(name).close()
    loads.delete(name)
  },
  'time session': (options: CallLoadQuestion) => timeSession(withAssertion(options)),
  'time child': ({ command }: { command: readonly string[] }) => timeChild(command),
})
