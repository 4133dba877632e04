/**
 * The two files of the embedded trace store. `trace-recent.db` is written by the main thread alone: short appends that nothing
 * delays. `trace.db` is written by the worker alone: everything found again by it. Neither ever waits for the other's lock.
 */
export const recentFile = 'trace-recent.db'
export const indexFile = 'trace.db'

/** Events until they are cold, ready to be served, and the offsets of the logs they came from. */
export const recentMigrations = [
  `CREATE TABLE recent (seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, declared_ms INTEGER, facts TEXT NOT NULL, json TEXT NOT NULL);
   CREATE TABLE source (log TEXT PRIMARY KEY, up_to INTEGER NOT NULL) WITHOUT ROWID;`
]

/**
 * event: what queries filter by, words as numbers of \`term\`. ledger: which events name a key, clustered by its hash.
 * presence: which keys were at a place at some time, so that a question need not look further back. block: cold events, compressed. progress: how far the worker got, one row a name.
 */
export const indexMigrations = [
  `CREATE TABLE progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
   CREATE TABLE event (seq INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, record_ms INTEGER NOT NULL, type INTEGER NOT NULL,
     action INTEGER, biz_step INTEGER, disposition INTEGER, read_point INTEGER, biz_location INTEGER);
   CREATE INDEX event_time ON event (time_ms, seq);
   CREATE INDEX event_record ON event (record_ms, seq);
   CREATE TABLE declared (event_id TEXT PRIMARY KEY) WITHOUT ROWID;
   CREATE TABLE ledger (hash INTEGER NOT NULL, time_ms INTEGER NOT NULL, seq INTEGER NOT NULL, roles INTEGER NOT NULL,
     PRIMARY KEY (hash, time_ms, seq)) WITHOUT ROWID;
   CREATE TABLE presence (place TEXT NOT NULL, at_ms INTEGER NOT NULL, keys BLOB NOT NULL, PRIMARY KEY (place, at_ms)) WITHOUT ROWID;
   CREATE INDEX presence_time ON presence (at_ms);
   CREATE TABLE block (number INTEGER PRIMARY KEY, data BLOB NOT NULL);`
]
