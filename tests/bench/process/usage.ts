import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** USER_HZ of every Linux that people run. */
const TICK_MICROS = 10_000

/** Processor time and memory can be read of any process. */
const canReadUsage = process.platform === 'linux'

/** Processor time of processes and all their descendants, ended ones included, in microseconds; NaN where it cannot be read. */
export function cpuMicros(roots: readonly number[]): number {
  if (!canReadUsage) return Number.NaN
  const stats = readStats()
  const isInTree = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== 0 && (roots.includes(pid) || isInTree(stats.get(pid)?.parent))
  let ticks = 0
  for (const [pid, stat] of stats) if (isInTree(pid)) ticks += stat.ticks
  return ticks * TICK_MICROS
}

/** Processor time that the whole machine has spent working, or its host has taken away, in microseconds. */
export function machineMicros(): number {
  if (!canReadUsage) return Number.NaN
  const [total = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [user = 0, nice = 0, system = 0, _idle, _ioWait, irq = 0, softIrq = 0, stolen = 0] = total
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softIrq + stolen) * TICK_MICROS
}

/** Resident memory of one process in bytes: now, and the most since resetPeak(). */
export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  if (!canReadUsage) return { now: Number.NaN, peak: Number.NaN }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { now: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 }
}

/** From now on `peak` counts anew. */
export function resetPeak(pid: number): void {
  if (canReadUsage) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function readStats(): Map<number, { readonly parent: number; readonly ticks: number }> {
  const stats = new Map<number, { parent: number; ticks: number }>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8')
      // After the command's name, which may hold anything: state, parent, … utime, stime, and those of ended children.
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15)
      stats.set(Number(name), { parent: fields[1] ?? 0, ticks: user + system + childrenUser + childrenSystem })
    } catch {
      // It ended meanwhile.
    }
  }
  return stats
}
