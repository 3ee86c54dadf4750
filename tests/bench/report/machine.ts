import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Without these the figures mean nothing. */
export function machineFacts(): string {
  const memory = Math.round(totalmem() / 1024 ** 3)
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    `${memory} GiB`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
    `load ${loadText()}`,
  ].join(', ')
}

/** Of one minute; 0 on Windows. */
export const loadText = (): string => (loadavg()[0] ?? 0).toFixed(2)
