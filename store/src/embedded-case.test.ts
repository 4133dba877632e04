/** The embedded case store under the shared suite, and what only a file can do. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { runCaseSuite } from './case-suite.ts'
import { createEmbeddedCaseStore } from './embedded-case.ts'
import { isStoreError } from './errors.ts'
import { verifyJournal } from './journal.ts'

async function withFolder(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-case-'))
  try {
    await body(dataDir)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

runCaseSuite({
  name: 'embedded case store',
  async open() {
    const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-case-'))
    const store = await createEmbeddedCaseStore({ dataDir })
    let current = store
    return {
      store,
      async reopen() {
        await current.close()
        current = await createEmbeddedCaseStore({ dataDir })
        return current
      },
      async dispose() {
        await current.close()
        await rm(dataDir, { recursive: true, force: true })
      }
    }
  }
})

void test('close() commits what was handed in before it', async () => {
  await withFolder(async (dataDir) => {
    const store = await createEmbeddedCaseStore({ dataDir })
    const writes = Array.from({ length: 1_500 }, (_, index) => store.put('settings', `s${index}`, index))
    await store.close()
    await Promise.all(writes)
    const again = await createEmbeddedCaseStore({ dataDir })
    assert.equal((await again.list('settings')).length, 1_500)
    await again.close()
  })
})

void test('a step changed in the file is found by verifyJournal()', async () => {
  await withFolder(async (dataDir) => {
    const store = await createEmbeddedCaseStore({ dataDir })
    for (let length = 0; length < 3; length++) {
      const step = { atMs: length, by: 'a', action: 'b', why: 'c', data: { length } }
      await store.append({ kind: 'audit', id: 'x', expectedLength: length, step, head: { open: false, state: null } })
    }
    await store.close()
    const database = new DatabaseSync(join(dataDir, 'cases.db'))
    database.exec(`UPDATE step SET by_whom = 'someone else' WHERE step = 1`)
    database.close()
    const again = await createEmbeddedCaseStore({ dataDir })
    const verdict = verifyJournal(await again.journal('audit', 'x'))
    assert.equal(verdict.ok, false)
    assert.equal(verdict.ok ? undefined : verdict.index, 1)
    await again.close()
  })
})

void test('a data folder that is a file is refused with STORE_DATA_FOLDER', async () => {
  await withFolder(async (dataDir) => {
    await writeFile(join(dataDir, 'file'), '')
    await assert.rejects(createEmbeddedCaseStore({ dataDir: join(dataDir, 'file') }), (error) => isStoreError(error, 'STORE_DATA_FOLDER'))
  })
})

void test('a file that is no database is refused with STORE_CORRUPT', async () => {
  await withFolder(async (dataDir) => {
    await writeFile(join(dataDir, 'cases.db'), 'no database at all, but long enough to be looked at'.repeat(100))
    await assert.rejects(createEmbeddedCaseStore({ dataDir }), (error) => isStoreError(error, 'STORE_CORRUPT'))
  })
})

void test('a file of a later schema version is refused with STORE_VERSION', async () => {
  await withFolder(async (dataDir) => {
    const database = new DatabaseSync(join(dataDir, 'cases.db'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    await assert.rejects(createEmbeddedCaseStore({ dataDir }), (error) => isStoreError(error, 'STORE_VERSION'))
  })
})

void test('no file keeps what a reporter row held before it was replaced', async () => {
  await withFolder(async (dataDir) => {
    const store = await createEmbeddedCaseStore({ dataDir })
    await store.put('reporters', 'a', { report: 'R-1', reporter: { name: 'Wang Li Who Told' } })
    await store.put('reporters', 'a', { report: 'R-1' })
    for (const name of await readdir(dataDir)) assert.ok(!(await readFile(join(dataDir, name))).includes('Wang Li Who Told'), name)
    await store.close()
  })
})
