/** The data folder of a start: usable, and emptied of our own only. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { prepareDataFolder } from './data-folder.ts'

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-data-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('fresh data means that what Tracegate kept is gone and what others put there stays', async () => {
  await withFolder(async (folder) => {
    const store = await createEmbeddedCaseStore({ dataDir: folder })
    await store.close()
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await prepareDataFolder(folder, { fresh: false })
    assert.ok((await readdir(folder)).includes('cases.db'))
    await prepareDataFolder(folder, { fresh: true })
    assert.deepEqual(await readdir(folder), ['notes.txt'])
  })
})

test('fresh data is refused while another start uses the folder', async () => {
  await withFolder(async (folder) => {
    const store = await createEmbeddedCaseStore({ dataDir: folder })
    await assert.rejects(prepareDataFolder(folder, { fresh: true }), { code: 'STORE_IN_USE' })
    await store.close()
  })
})

test('a folder that cannot be made is named', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '')
    await assert.rejects(prepareDataFolder(join(folder, 'file', 'data'), { fresh: false }), { code: 'DATA_FOLDER' })
  })
})
