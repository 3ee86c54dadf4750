import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { toStoreError } from './faults.ts'
import { ADDED_COLUMNS, SCHEMA } from './schema.ts'

/** How long a call waits for another process's transaction. It blocks this process, so it stays below two seconds. */
const BUSY_TIMEOUT_MS = 1_500

/** An open database with its schema. Statements are prepared once, by the stores, at start. */
export interface Database {
  prepare(sql: string): StatementSync
  /** Runs the work; a fault of the file or the disk becomes StoreUnavailableError. */
  answer<T>(work: () => T): Promise<T>
  /**
   * Runs the work in one transaction that holds the write lock from its start (BEGIN IMMEDIATE), so that what it read
   * still holds when it writes, also between processes on one file. All or nothing.
   */
  answerAtomically<T>(work: () => T): Promise<T>
  close(): void
}

/**
 * Opens or creates the file; folder and file are the owner's alone.
 * @param path - a file's path, or `:memory:`
 * @throws Error when the file cannot be opened: a fault of the configuration, found at start
 */
export function openDatabase(path: string): Database {
  const db = openFile(path)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')

  const atomically = <T>(work: () => T): T => {
    begin.run()
    try {
      const result = work()
      commit.run()
      return result
    } catch (error) {
      // SQLite may have rolled back by itself (disk full).
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
  const answer = async <T>(work: () => T): Promise<T> => {
    try {
      return work()
    } catch (error) {
      throw toStoreError(error)
    }
  }

  return {
    prepare: (sql) => db.prepare(sql),
    answer,
    answerAtomically: (work) => answer(() => atomically(work)),
    close: () => {
      if (db.isOpen) db.close()
    },
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      // SQLite gives its -wal and -shm files the permissions of this one.
      closeSync(openSync(path, 'a', 0o600))
    }
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    // Readers go on while one process writes.
    db.exec('PRAGMA journal_mode = WAL')
    // FULL, though WAL survives a crash of the process with less: a power cut that takes back a rotation would leave the
    // client with a token we do not know, which looks like a replay and ends its grant.
    db.exec('PRAGMA synchronous = FULL')
    db.exec(SCHEMA)
    addMissingColumns(db)
    return db
  } catch (error) {
    throw new Error(`the SQLite file ${path} cannot be opened: ${(error as Error).message}`, { cause: error })
  }
}

/** Brings the tables of an older file up to date; two processes may do so at once. */
function addMissingColumns(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  for (const { table, column, definition } of ADDED_COLUMNS) {
    const isThere = db.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(table, column) !== undefined
    if (!isThere) db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`)
  }
  db.exec('COMMIT')
}
