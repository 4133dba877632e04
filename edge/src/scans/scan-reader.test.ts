/** What a label takes in, whatever happened to the agent meanwhile. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ScanRule } from '@tracegate/model/scan-event'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEdgeEvents } from '../events.ts'
import { createScanMemory } from './scan-memory.ts'
import { createScanReader } from './scan-reader.ts'
import { isRecord } from '../testing/test-broker.ts'
import { tempFolder } from '../testing/temp-folder.ts'

const rule: ScanRule = { readPoint: 'https://id.gs1.org/414/9506000134338', mode: 'pack' }
const context = { device: 'r1', timeMs: 1_763_900_000_000 }
const item = (serial: string) => ({ symbology: ']d2', data: `010952123454321321${serial}` })
const label = { symbology: ']C1', data: '00006141411234567890' }
const children = (event: object | undefined) => (isRecord(event) && Array.isArray(event['childEPCs']) ? event['childEPCs'].length : 0)

function open(path: string) {
  const events = createEdgeEvents({ logger: silentLogger, metrics: createMetrics(), agent: 'p1/a' })
  const memory = createScanMemory({ path })
  return { events, memory, reader: createScanReader({ point: 'p1', events, memory }) }
}

test('a label packs what was scanned before a restart, once, and forgets it only when its event is durable', () => {
  using folder = tempFolder()
  const path = join(folder.path, 'scans.db')
  const before = open(path)
  for (const serial of ['A', 'B', 'B']) before.reader.read(item(serial), rule, context)?.settle()
  before.memory[Symbol.dispose]()
  const after = open(path)
  const first = after.reader.read(label, rule, context)
  assert.equal(children(first?.event), 2)
  // Not durable: the outbox refused it, and the reader sends the label again.
  const second = after.reader.read(label, rule, context)
  assert.equal(children(second?.event), 2)
  after.reader.read(item('C'), rule, context)
  second?.settle()
  const third = after.reader.read(label, rule, context)
  assert.equal(children(third?.event), 1)
  third?.settle()
  assert.equal(after.reader.read(label, rule, context), undefined)
  assert.equal(after.events.counts.scansNotRead, 1)
  after.memory[Symbol.dispose]()
})

test('goods beyond a thousand are forgotten oldest first, and counted', () => {
  using folder = tempFolder()
  const { events, memory } = open(join(folder.path, 'scans.db'))
  const keys = Array.from({ length: 1_003 }, (_, index) => `k${index}`)
  assert.equal(memory.keep('r1', keys), 3)
  assert.equal(memory.pending('r1').keys[0], 'k3')
  assert.equal(events.counts.packedForgotten, 0)
  memory[Symbol.dispose]()
})

test('a damaged file is put aside and told', () => {
  using folder = tempFolder()
  const path = join(folder.path, 'scans.db')
  writeFileSync(path, 'this is no database, and long enough to be taken for the head of one'.repeat(20))
  const told: string[] = []
  using memory = createScanMemory({ path, onDamage: (detail) => told.push(detail) })
  memory.keep('r1', ['k'])
  assert.deepEqual([told.length, memory.pending('r1').keys], [1, ['k']])
})
