/**
 * The case store on the SQLite inside Node: `cases.db` in the data folder. Writes of one turn of the event loop share a
 * commit; reads are short and run at once. It interprets neither documents nor states.
 */
import { join } from 'node:path'
import type { CaseStore } from './case-store.ts'
import { decodeCursor, documentText, encodeCursor, pageLimit, parseDocument } from './case-limits.ts'
import { storeError } from './errors.ts'
import { caseMigrations, prepareCaseTables } from './embedded/case-tables.ts'
import { createGroupCommit } from './embedded/group-commit.ts'
import { claimFile, openClaimed } from './embedded/file-claim.ts'
import { requireDataFolder, withStoreErrors } from './embedded/sqlite.ts'

/** Writes that may wait for their commit; one more is refused with `STORE_BUSY`. */
export const caseWritesWaitingMax = 10_000
const writesPerCommitMax = 500

export interface EmbeddedCaseStoreOptions {
  readonly dataDir: string
}

/** Rejects with `STORE_DATA_FOLDER`, `STORE_IO`, `STORE_CORRUPT`, `STORE_IN_USE` or `STORE_VERSION`. */
export async function createEmbeddedCaseStore(options: EmbeddedCaseStoreOptions): Promise<CaseStore> {
  const path = join(requireDataFolder(options.dataDir), 'cases.db')
  const claim = claimFile(path)
  const database = openClaimed(claim, { path, migrations: caseMigrations, pageCacheKiB: 2_048 })
  // What was removed or replaced is overwritten: names that somebody wanted forgotten must not stay behind.
  database.exec('PRAGMA secure_delete = ON')
  const tables = prepareCaseTables(database)
  const group = createGroupCommit({ database, path, waitingMax: caseWritesWaitingMax, groupCostMax: writesPerCommitMax })
  const read = <Result>(action: string, work: () => Result): Result => {
    if (!database.isOpen) throw storeError('STORE_CLOSED', { action })
    return withStoreErrors({ action, path }, work)
  }

  return {
    async put(register, id, document, expectedVersion) {
      const text = documentText(document, `${register}/${id}`)
      const row = await group.run('put document', () => tables.put(register, id, text, expectedVersion))
      // The log beside the file holds what stood there before until it is cut off.
      if (register === 'reporters' && row.version > 1 && database.isOpen) database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return row
    },
    get: async (register, id) => read('get document', () => tables.get(register, id)),
    list: async (register) => read('list register', () => tables.list(register)),
    remove: (register, id) => group.run('remove document', () => tables.remove(register, id)),
    async append(options) {
      const { kind, id, step, head } = options
      // Taken now: the caller may change its objects before the commit runs.
      const data = snapshot(step.data, `step of ${kind}/${id}`)
      const state = snapshot(head.state, `head of ${kind}/${id}`)
      return group.run('append step', () => tables.append({ ...options, step: { ...step, data }, head: { ...head, state } }))
    },
    journal: async (kind, id) => read('read journal', () => tables.journal(kind, id)),
    head: async (kind, id) => read('read head', () => tables.head(kind, id)),
    async heads({ kind, open, point, limit: wanted, cursor }) {
      const limit = pageLimit(wanted)
      const after = cursor === undefined ? undefined : decodeCursor(cursor)
      const found = read('list heads', () => tables.heads({ kind, open, point, after, limit: limit + 1 }))
      const heads = found.slice(0, limit)
      const last = heads.at(-1)
      return { heads, ...(found.length > limit && last !== undefined ? { next: encodeCursor(last) } : {}) }
    },
    count: async (kind, open) => read('count heads', () => tables.count(kind, open)),
    nextNumber: (series) => group.run('take number', () => tables.nextNumber(series)),
    async close() {
      await group.close()
      if (database.isOpen) database.close()
      claim.release()
    }
  }
}

function snapshot(value: unknown, what: string): unknown {
  return parseDocument(documentText(value, what))
}
