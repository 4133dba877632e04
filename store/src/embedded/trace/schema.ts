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
 * event: what queries filter by, words as numbers of \`term\`, features as bits (NULL where nobody looked). declared: ids of events declared
 * wrong, and since when that is known. segment, run: which events name a key (`segments.ts`); sketch: how many keys there are. pack: cold events
 * (`pack.ts`), text: what they share. presence: which keys were at a place at some time, so that a question need not look further back.
 * progress: how far the worker got, one row a name.
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
   CREATE TABLE block (number INTEGER PRIMARY KEY, data BLOB NOT NULL);`,
  // Packs and segments are made of the events themselves at the next start (`upgrade.ts`): blocks are emptied there.
  `DROP TABLE ledger;
   DELETE FROM progress WHERE name IN ('merged', 'keys');
   INSERT INTO progress (name, value) SELECT 'durable', value FROM progress WHERE name = 'cold';
   ALTER TABLE declared ADD COLUMN record_ms INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE event ADD COLUMN features INTEGER;
   ALTER TABLE term ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0;
   UPDATE term SET kinds = 1 * (id IN (SELECT type FROM event WHERE type IS NOT NULL))
     + 2 * (id IN (SELECT action FROM event WHERE action IS NOT NULL))
     + 4 * (id IN (SELECT biz_step FROM event WHERE biz_step IS NOT NULL))
     + 8 * (id IN (SELECT disposition FROM event WHERE disposition IS NOT NULL))
     + 16 * (id IN (SELECT read_point FROM event WHERE read_point IS NOT NULL))
     + 32 * (id IN (SELECT biz_location FROM event WHERE biz_location IS NOT NULL));
   CREATE TABLE segment (id INTEGER PRIMARY KEY, rows INTEGER NOT NULL, ids INTEGER NOT NULL, keys INTEGER NOT NULL,
     first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, base_ms INTEGER NOT NULL, fences BLOB NOT NULL, id_filter BLOB NOT NULL,
     key_filter BLOB NOT NULL);
   CREATE TABLE run (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
   CREATE TABLE sketch (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
   CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
   CREATE TABLE pack (first INTEGER PRIMARY KEY, data BLOB NOT NULL);`
]
