export { type Child, type ChildEnd, type ChildOptions, startChild } from './child.ts'
export { type CrashBackOff, createCrashBackOff, EARLY_DEATH_MS } from './crash-back-off.ts'
export { findCommand } from './find-command.ts'
export type { StopWaits } from './stop-group.ts'
