/**
 * What the agent knows of goods by its own scans: what was packed into what, and which lot a unit is of. So a pallet is refused for a unit
 * inside, and a tag without a lot for the lot that its label once told. Bounded, the oldest is forgotten; the platform's list names what it
 * knows besides. It judges nothing.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface LocalGoods extends Disposable {
  packed(parent: string, children: readonly string[]): void
  /** Without children: all of them. */
  unpacked(parent: string, children: readonly string[]): void
  /** The unit is of the lot. */
  ofLot(item: string, lot: string): void
  /** What is known to be inside of the keys, at every depth, and the lots of all of it. */
  within(keys: readonly string[]): string[]
}

const rowsMax = 200_000
/** How often the bound is looked at. */
const trimEvery = 1_000
/** A pallet of cases of units, and one more. */
const depthMax = 4
const insideMax = 10_000

const schema = `
  CREATE TABLE IF NOT EXISTS inside (id INTEGER PRIMARY KEY AUTOINCREMENT, child TEXT NOT NULL UNIQUE, parent TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS inside_parent ON inside (parent);
  CREATE TABLE IF NOT EXISTS lots (id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL UNIQUE, lot TEXT NOT NULL) STRICT;
`

/** In memory only without a path. */
export function createLocalGoods(options: { readonly path?: string; readonly onDamage?: (detail: string) => void } = {}): LocalGoods {
  const database = open(options)
  const pack = database.prepare('INSERT OR REPLACE INTO inside (child, parent) VALUES (?, ?)')
  const unpack = database.prepare('DELETE FROM inside WHERE parent = ? AND child = ?')
  const unpackAll = database.prepare('DELETE FROM inside WHERE parent = ?')
  const children = database.prepare(`SELECT child FROM inside WHERE parent = ? LIMIT ${insideMax}`)
  const setLot = database.prepare('INSERT OR REPLACE INTO lots (item, lot) VALUES (?, ?)')
  const lot = database.prepare('SELECT lot FROM lots WHERE item = ?')
  const trims = ['inside', 'lots'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ${rowsMax}`)
  )
  let writes = 0
  const written = () => {
    writes += 1
    if (writes % trimEvery === 0) for (const trim of trims) trim.run()
  }
  return {
    packed(parent, keys) {
      for (const child of keys) pack.run(child, parent)
      written()
    },
    unpacked(parent, keys) {
      if (keys.length === 0) unpackAll.run(parent)
      else for (const child of keys) unpack.run(parent, child)
    },
    ofLot(item, lotKey) {
      setLot.run(item, lotKey)
      written()
    },
    within(keys) {
      const found = new Set<string>()
      let level: readonly string[] = keys
      for (let depth = 0; depth < depthMax && level.length > 0 && found.size < insideMax; depth += 1) {
        level = level.flatMap((key) => children.all(key).map((row) => String(row['child']))).filter((key) => !found.has(key))
        for (const key of level) found.add(key)
      }
      for (const key of [...keys, ...found]) {
        const row = lot.get(key)
        if (row !== undefined) found.add(String(row['lot']))
      }
      return [...found]
    },
    [Symbol.dispose]: () => database.close()
  }
}

function open({ path, onDamage }: { readonly path?: string; readonly onDamage?: (detail: string) => void }): DatabaseSync {
  if (path === undefined) return prepare(':memory:')
  mkdirSync(dirname(path), { recursive: true })
  try {
    return prepare(path)
  } catch (error) {
    onDamage?.(error instanceof Error ? error.message : String(error))
    renameSync(path, `${path}.damaged-${Date.now()}`)
    return prepare(path)
  }
}

function prepare(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 1_000 })
  try {
    // What the last moments before a loss of power taught is learnt again, or the platform's list has it.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
