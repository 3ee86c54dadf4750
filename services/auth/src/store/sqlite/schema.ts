/**
 * The tables, described for operators in docs/storage.md. Times are Unix milliseconds; what expires has
 * `expires_at_ms` and is treated as absent from that moment on, whether housekeeping was there or not.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS grants (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  client_id TEXT NOT NULL,
  grant_json TEXT NOT NULL,
  code_json TEXT,
  code_failures INTEGER NOT NULL DEFAULT 0,
  refresh_hash TEXT,
  predecessors_json TEXT NOT NULL DEFAULT '[]',
  revoked_json TEXT NOT NULL DEFAULT '{}',
  last_used_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS grants_by_subject ON grants (subject);
CREATE INDEX IF NOT EXISTS grants_by_client ON grants (client_id);
CREATE INDEX IF NOT EXISTS grants_by_expiry ON grants (expires_at_ms);

CREATE TABLE IF NOT EXISTS clients (
  registration_order INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE,
  fingerprint TEXT NOT NULL,
  client_json TEXT NOT NULL,
  -- NULL from its first use on: a used client stays until it is deleted.
  expires_at_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS clients_by_fingerprint ON clients (fingerprint) WHERE expires_at_ms IS NOT NULL;
CREATE INDEX IF NOT EXISTS clients_by_expiry ON clients (expires_at_ms) WHERE expires_at_ms IS NOT NULL;

CREATE TABLE IF NOT EXISTS sessions (
  session_hash TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  session_json TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_subject ON sessions (subject);
CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires_at_ms);

CREATE TABLE IF NOT EXISTS sign_ins (
  state_hash TEXT PRIMARY KEY,
  attempt_json TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sign_ins_by_expiry ON sign_ins (expires_at_ms);

CREATE TABLE IF NOT EXISTS decisions (
  request_id TEXT PRIMARY KEY,
  outcome TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS decisions_by_expiry ON decisions (expires_at_ms);

CREATE TABLE IF NOT EXISTS approvals (
  subject TEXT NOT NULL,
  approval_key TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (subject, approval_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS approvals_by_expiry ON approvals (expires_at_ms);

CREATE TABLE IF NOT EXISTS throttles (
  throttle_key TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS throttles_by_expiry ON throttles (expires_at_ms);

CREATE TABLE IF NOT EXISTS expiring (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiring_by_expiry ON expiring (expires_at_ms);

CREATE TABLE IF NOT EXISTS signing_keys (
  generation INTEGER PRIMARY KEY,
  key_json TEXT NOT NULL
) STRICT;
`

/** Columns that came later: added to the table of an older file. */
export const ADDED_COLUMNS = [{ table: 'grants', column: 'revoked_json', definition: "TEXT NOT NULL DEFAULT '{}'" }] as const

export const EXPIRING_TABLES = [
  'grants',
  'clients',
  'sessions',
  'sign_ins',
  'decisions',
  'approvals',
  'throttles',
  'expiring',
] as const
