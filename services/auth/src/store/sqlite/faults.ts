import { StoreUnavailableError } from '../unavailable.ts'

/** Primary result codes of SQLite that say "not now" or "not here" (https://sqlite.org/rescode.html); others are bugs. */
const UNAVAILABLE_CODES = new Set([
  5, // SQLITE_BUSY: another process holds the lock
  6, // SQLITE_LOCKED
  7, // SQLITE_NOMEM
  8, // SQLITE_READONLY: remounted read-only after a disk fault
  10, // SQLITE_IOERR
  11, // SQLITE_CORRUPT
  13, // SQLITE_FULL: disk full
  14, // SQLITE_CANTOPEN
  26, // SQLITE_NOTADB
])

/** Extended result codes carry the primary one in their lowest byte. */
const PRIMARY_CODE = 0xff

/** Turns a fault of the file or the disk into StoreUnavailableError and leaves bugs as they are. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const closed = error.code === 'ERR_INVALID_STATE'
  const fault = 'errcode' in error && typeof error.errcode === 'number' && UNAVAILABLE_CODES.has(error.errcode & PRIMARY_CODE)
  return closed || fault ? new StoreUnavailableError(error) : error
}
