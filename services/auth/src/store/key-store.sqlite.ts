import type { KeyStore, StoredKey } from './key-store.ts'
import type { Database } from './sqlite/database.ts'

export function createSqliteKeyStore(db: Database): KeyStore {
  const select = db.prepare('SELECT key_json FROM signing_keys ORDER BY generation')
  const insert = db.prepare('INSERT INTO signing_keys (generation, key_json) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const replace = db.prepare("UPDATE signing_keys SET key_json = ? WHERE generation = ? AND key_json ->> 'kid' = ?")
  const remove = db.prepare('DELETE FROM signing_keys WHERE generation = ?')

  return {
    list: () => db.answer(() => select.all().map((row) => JSON.parse(String(row.key_json)) as StoredKey)),
    add: (key) => db.answer(() => insert.run(key.generation, JSON.stringify(key)).changes > 0),
    replace: (key) => db.answer(() => replace.run(JSON.stringify(key), key.generation, key.kid).changes > 0),
    remove: (generation) => db.answer(() => void remove.run(generation)),
  }
}
