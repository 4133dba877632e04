/** What every case store must do; each adapter's test runs it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaseKind, CaseStore } from './case-store.ts'
import { isStoreError } from './errors.ts'
import { verifyJournal } from './journal.ts'

export interface CaseSuiteOptions {
  readonly name: string
  /** Opens an empty store. `reopen` closes it and opens the same data again; left out where nothing outlives `close`. */
  open(): Promise<{ readonly store: CaseStore; readonly reopen?: () => Promise<CaseStore>; readonly dispose: () => Promise<void> }>
}

const step = (action: string, atMs: number, data: unknown = {}) => ({ atMs, by: 'tester', action, why: 'because', data })
const withCode = (code: string) => (error: unknown) => isStoreError(error, code)

export function runCaseSuite(options: CaseSuiteOptions): void {
  const scene = (name: string, body: (store: CaseStore, reopen?: () => Promise<CaseStore>) => Promise<void>): void => {
    void test(`${options.name}: ${name}`, async () => {
      const opened = await options.open()
      try {
        await body(opened.store, opened.reopen)
      } finally {
        await opened.dispose()
      }
    })
  }
  registerScenes(scene)
  journalScenes(scene)
  headScenes(scene)
  lifeScenes(scene)
}

type Scene = (name: string, body: (store: CaseStore, reopen?: () => Promise<CaseStore>) => Promise<void>) => void

function registerScenes(scene: Scene): void {
  scene('put() gives versions from 1 and get() what was put last', async (store) => {
    assert.equal(await store.get('points', 'a'), undefined)
    assert.deepEqual(await store.put('points', 'a', { name: '冷库' }), { id: 'a', version: 1, document: { name: '冷库' } })
    assert.equal((await store.put('points', 'a', { name: 'cold store' })).version, 2)
    assert.deepEqual(await store.get('points', 'a'), { id: 'a', version: 2, document: { name: 'cold store' } })
    assert.equal(await store.get('devices', 'a'), undefined)
  })
  scene('put() with an expected version refuses a lost update', async (store) => {
    await store.put('points', 'a', 1, 0)
    await assert.rejects(store.put('points', 'a', 2, 0), withCode('STORE_CONFLICT'))
    await store.put('points', 'a', 2, 1)
    await assert.rejects(store.put('points', 'a', 3, 1), withCode('STORE_CONFLICT'))
    assert.deepEqual(await store.get('points', 'a'), { id: 'a', version: 2, document: 2 })
  })
  scene('of two concurrent updates of one version exactly one wins', async (store) => {
    await store.put('points', 'a', 0)
    const results = await Promise.allSettled([store.put('points', 'a', 1, 1), store.put('points', 'a', 2, 1), store.put('points', 'b', 1)])
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled']
    )
    assert.equal((await store.get('points', 'a'))?.document, 1)
  })
  scene('list() gives one register by id; remove() says whether something went', async (store) => {
    for (const id of ['b', 'a', 'c']) await store.put('devices', id, { id })
    await store.put('points', 'x', {})
    assert.equal(await store.remove('devices', 'b'), true)
    assert.equal(await store.remove('devices', 'b'), false)
    assert.deepEqual(
      (await store.list('devices')).map((row) => row.id),
      ['a', 'c']
    )
  })
  scene('a document given out is the caller’s own', async (store) => {
    const document = { list: [1] }
    await store.put('settings', 'a', document)
    document.list.push(2)
    assert.deepEqual((await store.get('settings', 'a'))?.document, { list: [1] })
  })
  scene('a document past the size limit is refused and the old one stands', async (store) => {
    await store.put('settings', 'a', 'small')
    await assert.rejects(store.put('settings', 'a', 'x'.repeat(17_000_000)), withCode('STORE_TOO_MUCH'))
    assert.equal((await store.get('settings', 'a'))?.document, 'small')
  })
  scene('nextNumber() counts each series from 1 and never gives a number twice', async (store) => {
    const numbers = await Promise.all(Array.from({ length: 20 }, () => store.nextNumber('warning')))
    assert.deepEqual(
      numbers.sort((left, right) => left - right),
      Array.from({ length: 20 }, (_, index) => index + 1)
    )
    assert.equal(await store.nextNumber('recall'), 1)
  })
}

function journalScenes(scene: Scene): void {
  scene('append() chains the steps by hash and sets the head with them', async (store) => {
    const head = (state: string, open = true) => ({ open, point: 'port-1', state })
    await store.append({
      kind: 'warning',
      id: 'w1',
      expectedLength: 0,
      step: step('draft', 10, { z: 1, a: [null, 'ü'] }),
      head: head('draft')
    })
    const after = await store.append({ kind: 'warning', id: 'w1', expectedLength: 1, step: step('publish', 20), head: head('out', false) })
    assert.deepEqual(after, { kind: 'warning', id: 'w1', length: 2, updatedAtMs: 20, open: false, point: 'port-1', state: 'out' })
    assert.deepEqual(await store.head('warning', 'w1'), after)
    const journal = await store.journal('warning', 'w1')
    assert.deepEqual(
      journal.map((entry) => [entry.index, entry.action, entry.atMs]),
      [
        [0, 'draft', 10],
        [1, 'publish', 20]
      ]
    )
    assert.deepEqual(verifyJournal(journal, { kind: 'warning', id: 'w1' }), { ok: true })
    assert.equal(verifyJournal(journal, { kind: 'warning', id: 'w2' }).ok, false)
  })
  scene('append() at a length that is not the current one stores nothing', async (store) => {
    const append = (expectedLength: number, state: number) =>
      store.append({ kind: 'recall', id: 'r', expectedLength, step: step('x', state), head: { open: true, state } })
    await assert.rejects(append(1, 1), withCode('STORE_CONFLICT'))
    await append(0, 1)
    await assert.rejects(append(0, 2), withCode('STORE_CONFLICT'))
    assert.equal((await store.head('recall', 'r'))?.state, 1)
    assert.equal((await store.journal('recall', 'r')).length, 1)
  })
  scene('a case that is not there has no head and an empty journal', async (store) => {
    assert.equal(await store.head('recall', 'none'), undefined)
    assert.deepEqual(await store.journal('recall', 'none'), [])
  })
}

function headScenes(scene: Scene): void {
  const fill = async (store: CaseStore, kind: CaseKind, count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const head = { open: index % 2 === 0, point: `p${index % 3}`, state: index }
      const id = `c${String(index).padStart(3, '0')}`
      await store.append({ kind, id, expectedLength: 0, step: step('open', 1_000 + Math.floor(index / 4)), head })
    }
  }
  scene('heads() pages newest first, each head once, and stable under inserts', async (store) => {
    await fill(store, 'anomaly', 25)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.heads({ kind: 'anomaly', limit: 4, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.heads.map((head) => head.id))
      cursor = page.next
      const id = `later-${seen.length}`
      await store.append({ kind: 'anomaly', id, expectedLength: 0, step: step('open', 9_000), head: { open: true, state: 0 } })
    } while (cursor !== undefined)
    const expected = Array.from({ length: 25 }, (_, index) => ({ id: `c${String(index).padStart(3, '0')}`, at: Math.floor(index / 4) }))
      .sort((left, right) => right.at - left.at || (left.id < right.id ? -1 : 1))
      .map((entry) => entry.id)
    assert.deepEqual(seen, expected)
  })
  scene('heads() and count() keep kinds, open ones and points apart', async (store) => {
    await fill(store, 'anomaly', 12)
    await fill(store, 'audit', 3)
    assert.equal(await store.count('anomaly'), 12)
    assert.equal(await store.count('anomaly', true), 6)
    assert.equal(await store.count('anomaly', false), 6)
    assert.equal((await store.heads({ kind: 'audit', limit: 100 })).heads.length, 3)
    const some = await store.heads({ kind: 'anomaly', open: true, point: 'p0', limit: 100 })
    assert.deepEqual(
      some.heads.map((head) => head.id),
      ['c006', 'c000']
    )
    assert.equal(some.next, undefined)
  })
  scene('heads() refuses a limit or a cursor that is none', async (store) => {
    await assert.rejects(store.heads({ kind: 'audit', limit: 0 }), withCode('STORE_QUERY'))
    await assert.rejects(store.heads({ kind: 'audit', limit: 1, cursor: '!' }), withCode('STORE_QUERY'))
  })
}

function lifeScenes(scene: Scene): void {
  scene('a closed store refuses with STORE_CLOSED, and close() may come twice', async (store) => {
    await store.close()
    await store.close()
    await assert.rejects(store.put('points', 'a', 1), withCode('STORE_CLOSED'))
    await assert.rejects(store.get('points', 'a'), withCode('STORE_CLOSED'))
    await assert.rejects(store.count('audit'), withCode('STORE_CLOSED'))
  })
  scene('what was stored is there after a restart', async (store, reopen) => {
    if (reopen === undefined) return
    await store.put('points', 'a', { name: 'a' })
    const head = { open: true, state: { status: 'draft' } }
    await store.append({ kind: 'warning', id: 'w', expectedLength: 0, step: step('draft', 5, { why: 'ü' }), head })
    assert.equal(await store.nextNumber('n'), 1)
    const again = await reopen()
    assert.deepEqual((await again.get('points', 'a'))?.document, { name: 'a' })
    assert.deepEqual((await again.head('warning', 'w'))?.state, { status: 'draft' })
    await again.append({ kind: 'warning', id: 'w', expectedLength: 1, step: step('publish', 6), head })
    assert.deepEqual(verifyJournal(await again.journal('warning', 'w')), { ok: true })
    assert.equal(await again.nextNumber('n'), 2)
  })
}
