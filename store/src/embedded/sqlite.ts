/**
 * How the embedded stores open and use the SQLite inside Node: one set of pragmas, transactions, coded errors, typed
 * columns. It knows no table; each store brings its schema as a list of migrations.
 */
import { accessSync, constants, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { CodedError } from '@tracegate/model/errors'
import { storeError } from '../errors.ts'

export interface OpenOptions {
  readonly path: string
  /** Statements that bring an empty file to the schema of today; entry n brings version n to n + 1. */
  readonly migrations: readonly string[]
  readonly pageCacheKiB?: number
  readonly readOnly?: boolean
  /** Upper bound of the file in pages of 4 KiB; past it writes fail with `STORE_FULL`. Unlimited when left out. */
  readonly pageCountMax?: number
  /** Of a new file, 4 KiB when left out; a file that is there keeps its own. */
  readonly pageBytes?: number
}

/** The unit in which limits are told, whatever the pages of a file. */
const limitPageBytes = 4_096

export const busyTimeoutMs = 5_000

/** Makes the folder when it is missing; rejects one that cannot be written with `STORE_DATA_FOLDER`. */
export function requireDataFolder(dataDir: string): string {
  const path = resolve(dataDir)
  try {
    // Hashes of passwords lie in it.
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw storeError('STORE_DATA_FOLDER', { path, detail: messageOf(error) }, error)
  }
  return path
}

/** Opens the file with a write-ahead log and full synchronisation: what is committed survives a power loss. */
export function openSqlite(options: OpenOptions): DatabaseSync {
  return withStoreErrors({ action: 'open store', path: options.path }, () => {
    const database = new DatabaseSync(options.path, { timeout: busyTimeoutMs, readOnly: options.readOnly ?? false })
    try {
      requireVersion(database, options)
      // Only an empty file takes it, and only before it has a write-ahead log.
      if (options.readOnly !== true && options.pageBytes !== undefined) database.exec(`PRAGMA page_size = ${options.pageBytes}`)
      if (options.readOnly !== true) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
      database.exec(`PRAGMA cache_size = -${options.pageCacheKiB ?? 1_024}; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;`)
      if (options.pageCountMax !== undefined) limitPages(database, options.pageCountMax)
      if (options.readOnly !== true) migrate(database, options)
    } catch (error) {
      database.close()
      throw error
    }
    return database
  })
}

function limitPages(database: DatabaseSync, countMax: number): void {
  const pageBytes = numberOf(database.prepare('PRAGMA page_size').get(), 'page_size')
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor((countMax * limitPageBytes) / pageBytes))}`)
}

/** Before anything is changed: a file of a newer version stays as it is, and one that is only read must be of today's. */
function requireVersion(database: DatabaseSync, { path, migrations, readOnly }: OpenOptions): void {
  const current = numberOf(database.prepare('PRAGMA user_version').get(), 'user_version')
  const wanted = migrations.length
  if (current > wanted || (readOnly === true && current < wanted)) throw storeError('STORE_VERSION', { path, current, wanted })
}

function migrate(database: DatabaseSync, options: OpenOptions): void {
  const current = numberOf(database.prepare('PRAGMA user_version').get(), 'user_version')
  const wanted = options.migrations.length
  if (current === wanted) return
  inTransaction(database, () => {
    for (const statements of options.migrations.slice(current)) database.exec(statements)
    database.exec(`PRAGMA user_version = ${wanted}`)
  })
}

/** Runs `work` in one immediate transaction: all of it is committed, or none. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** Ends a failed transaction. After a full disk SQLite may have done so by itself; when it cannot, the next one will say why. */
export function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // The error that brought us here tells more than this one.
  }
}

/** Turns what SQLite throws into the coded errors of the stores; other errors pass as they are. */
export function withStoreErrors<Result>(where: { readonly action: string; readonly path: string }, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw toStoreError(where, error)
  }
}

const resultCodes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const

export function toStoreError(where: { readonly action: string; readonly path: string }, error: unknown): unknown {
  if (error instanceof CodedError) return error
  const code = resultCodeOf(error)
  if (code === undefined) return error
  const detail = messageOf(error)
  if (code === resultCodes.full) return storeError('STORE_FULL', where, error)
  if (code === resultCodes.corrupt || code === resultCodes.notADatabase) return storeError('STORE_CORRUPT', { ...where, detail }, error)
  if (code === resultCodes.busy || code === resultCodes.locked) return storeError('STORE_IN_USE', where, error)
  return storeError('STORE_IO', { ...where, detail }, error)
}

/** The primary result code of SQLite, without its extension in the higher bits. */
function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export type Row = Record<string, SQLOutputValue>

/** Columns are typed by the schema; these say so to the compiler and assert it. */
export function numberOf(row: Row | undefined, column: string): number {
  const value = row?.[column]
  if (typeof value === 'number') return value
  throw new TypeError(`Cannot read column ${column}: value is a ${value === null ? 'null' : typeof value}, expected a number`)
}

export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column]
  if (typeof value === 'string') return value
  throw new TypeError(`Cannot read column ${column}: value is a ${value === null ? 'null' : typeof value}, expected text`)
}

export function bytesOf(row: Row | undefined, column: string): Uint8Array {
  const value = row?.[column]
  if (value instanceof Uint8Array) return value
  throw new TypeError(`Cannot read column ${column}: value is a ${value === null ? 'null' : typeof value}, expected bytes`)
}
