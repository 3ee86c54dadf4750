import type { Replica, Replicas } from './replicas.ts'

const CALLERS = 50

/** Fifty callers at once, every other one at the other replica. */
export const fifty = <T>(
  { first, second }: Pick<Replicas, 'first' | 'second'>,
  call: (replica: Replica, index: number) => Promise<T>,
): Promise<T[]> => Promise.all(Array.from({ length: CALLERS }, (_, index) => call(index % 2 === 0 ? first : second, index)))
