/** Writes of one turn share a commit; one that fails takes no other with it. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isStoreError } from '../errors.ts'
import { createGroupCommit, type GroupCommitOptions } from './group-commit.ts'
import { createWriteTurn } from './write-turn.ts'

function scene(options: Partial<GroupCommitOptions> = {}) {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, body BLOB)')
  const insert = database.prepare('INSERT INTO item (id, body) VALUES (?, ?)')
  const sizes: number[] = []
  const onCommit = ({ works }: { works: number }) => void sizes.push(works)
  const group = createGroupCommit({ database, path: ':memory:', waitingMax: 100, onCommit, ...options })
  const put = (id: number, bytes = 1) => group.run('put', () => insert.run(id, new Uint8Array(bytes)), bytes)
  const ids = () =>
    database
      .prepare('SELECT id FROM item ORDER BY id')
      .all()
      .map((row) => row['id'])
  return { database, group, sizes, put, ids }
}

void test('works of one turn share a commit, and one that throws takes only itself back', async () => {
  const { group, sizes, put, ids } = scene()
  const failing = group.run('fail', () => {
    throw new Error('no')
  })
  const results = await Promise.allSettled([put(1), failing, put(1), put(2)])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled']
  )
  assert.deepEqual(ids(), [1, 2])
  assert.deepEqual(sizes, [4])
})

void test('a group ends at its cost, and the rest follows in order', async () => {
  const { sizes, put, ids } = scene({ groupCostMax: 10 })
  await Promise.all([put(1, 4), put(2, 4), put(3, 4), put(4, 50), put(5, 1)])
  assert.deepEqual(sizes, [2, 1, 1, 1])
  assert.deepEqual(ids(), [1, 2, 3, 4, 5])
})

void test('past the limit of waiting works one more is refused with STORE_BUSY', async () => {
  const { put, ids } = scene({ waitingMax: 2 })
  const results = await Promise.allSettled([put(1), put(2), put(3)])
  const refused = results[2]
  assert.ok(refused?.status === 'rejected' && isStoreError(refused.reason, 'STORE_BUSY'))
  assert.deepEqual(ids(), [1, 2])
})

void test('when the file is full the work fails with STORE_FULL and nothing of it stands', async () => {
  const { database, put, ids } = scene()
  database.exec('PRAGMA max_page_count = 10')
  await put(1)
  await assert.rejects(put(2, 100_000), (error) => isStoreError(error, 'STORE_FULL'))
  await put(3)
  assert.deepEqual(ids(), [1, 3])
})

void test('a group waits while another thread has the turn, without blocking this one', async () => {
  const turn = createWriteTurn()
  const { put, ids } = scene({ turn })
  assert.ok(turn.tryEnter())
  const stored = put(1)
  for (let round = 0; round < 5; round++) await nextTurn()
  assert.deepEqual(ids(), [])
  turn.leave()
  await stored
  assert.deepEqual(ids(), [1])
  assert.ok(turn.tryEnter(), 'the turn is given back')
})

void test('close() commits what waits and refuses what comes after', async () => {
  const { group, put, ids } = scene({ groupCostMax: 1 })
  const writes = [put(1), put(2), put(3)]
  await group.close()
  await Promise.all(writes)
  assert.deepEqual(ids(), [1, 2, 3])
  await assert.rejects(put(4), (error) => isStoreError(error, 'STORE_CLOSED'))
})
