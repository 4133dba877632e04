/**
 * Recall scope of a tree of 10,000 items and back trace of six transformations with 500 inputs, by HTTP over the embedded store, among
 * other goods; beside a SQLite table of JSON rows that is asked once for each thing of the tree.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApi, type Api } from '@tracegate/api/api'
import { openAccounts } from '@tracegate/api/accounts'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import type { TraceStore } from '@tracegate/store/trace-store'
import { compare, describeMachine, type Bench } from './bench.ts'
import { openPlainTable } from './trace-baseline.ts'
import { finalProduct, inputsCount, itemsCount, productTree, recallTree, suspectLot } from './trace-walks-world.ts'
import { makePallet, percentiles } from './trace-world.ts'

const benchKey = 'trace-walks-bench-key'
const warmUps = 5
const rounds = 30
const eventsPerBatch = 1_000

export const bench: Bench = {
  name: 'trace-walks',
  about: 'recall scope of 10,000 items and back trace of 500 inputs, by HTTP',
  async run({ scale = 1 }) {
    const strangers = Array.from({ length: Math.round(400 * scale) }, (_, pallet) => makePallet(pallet)).flat()
    const events = [...strangers, ...recallTree(), ...productTree()]
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    const store = await createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics() })
    try {
      await captureAll(store, events)
      await store.settle()
      const ours = await measureHttp(store)
      const walks = await measureWalks()
      const plain = measurePlain(join(folder, 'plain.db'), events, ours)
      const what = 'table of JSON rows, one query a thing'
      return {
        work: `${events.length} events; recall scope of ${ours.scopeKeys} things of which ${itemsCount} are items, back trace of ${ours.backKeys.length} things of which ${inputsCount} are inputs; ${rounds} rounds each`,
        machine: describeMachine(),
        rows: [
          compare({ figure: 'recall scope, median', value: ours.scope.p50, unit: 'ms' }, { what, value: plain.scopeMs }, 'less'),
          { figure: 'recall scope, 99th percentile', value: ours.scope.p99, unit: 'ms' },
          compare({ figure: 'back trace, median', value: ours.back.p50, unit: 'ms' }, { what, value: plain.backMs }, 'less'),
          { figure: 'back trace, 99th percentile', value: ours.back.p99, unit: 'ms' },
          { figure: 'recall scope, walk alone over memory, processor time', value: walks.scopeMs, unit: 'ms' },
          { figure: 'back trace, walk alone over memory, processor time', value: walks.backMs, unit: 'ms' }
        ]
      }
    } finally {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function captureAll(store: TraceStore, events: readonly TraceEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += eventsPerBatch) await store.capture(events.slice(at, at + eventsPerBatch))
}

async function measureHttp(trace: TraceStore) {
  const cases = createMemoryCaseStore()
  // Hashing the first password takes long on purpose; with a row there already no first account is made.
  await cases.put('accounts', 'nobody', {})
  await using api = await startApi({
    host: '127.0.0.1',
    port: 0,
    telemetry: createMemoryTelemetryStore(),
    trace,
    cases,
    bus: createBus(() => {}),
    health: createHealth(),
    metrics: createMetrics(),
    logger: silentLogger,
    accounts: await openAccounts({ cases }),
    bootstrapKey: benchKey
  })
  const scopePath = `/api/v1/recall-scope?of=${encodeURIComponent(suspectLot)}`
  const backPath = `/api/v1/trace/back?of=${encodeURIComponent(finalProduct)}`
  const scope = await measurePath(api, scopePath)
  const back = await measurePath(api, backPath)
  const { nodes } = await trace.ask('forward', { of: suspectLot, nodesMax: itemsCount * 10 })
  const inputs = (await trace.ask('back', { of: finalProduct })).nodes.map(({ key }) => key)
  if (nodes.length < itemsCount || inputs.length < inputsCount)
    throw new Error(`Cannot measure: the trees have ${nodes.length} and ${inputs.length} things, expected ${itemsCount} and ${inputsCount}`)
  return { scope, back, scopeKeys: nodes.length, keys: nodes.map(({ key }) => key), backKeys: inputs }
}

async function measurePath({ url }: Api, path: string) {
  const times: number[] = []
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const startedMs = performance.now()
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${benchKey}` } })
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`Cannot measure: ${path} answered ${answer.status}, expected 200`)
    if (round >= warmUps) times.push(performance.now() - startedMs)
  }
  return percentiles(times)
}

/** The walks without any store: what of the time is theirs, however busy the machine. */
async function measureWalks() {
  const store = createMemoryTraceStore()
  await captureAll(store, [...recallTree(), ...productTree()])
  const processorMs = async (work: () => Promise<unknown>): Promise<number> => {
    const times: number[] = []
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const before = process.threadCpuUsage()
      await work()
      const { user, system } = process.threadCpuUsage(before)
      if (round >= warmUps) times.push((user + system) / 1_000)
    }
    return percentiles(times).p50
  }
  const scopeMs = await processorMs(() => store.ask('scope', { of: suspectLot }))
  const backMs = await processorMs(() => store.ask('back', { of: finalProduct }))
  await store.close()
  return { scopeMs, backMs }
}

function measurePlain(
  path: string,
  events: readonly TraceEvent[],
  trees: { readonly keys: readonly string[]; readonly backKeys: readonly string[] }
) {
  const table = openPlainTable(path)
  for (let at = 0; at < events.length; at += eventsPerBatch) table.insert(events.slice(at, at + eventsPerBatch))
  const time = (keys: readonly string[]): number => {
    const startedMs = performance.now()
    // A client that follows the tree by itself must read the events to know where to go on.
    for (const key of keys) for (const json of table.eventsOf(key)) JSON.parse(json)
    return performance.now() - startedMs
  }
  const scopeMs = percentiles(Array.from({ length: 3 }, () => time(trees.keys))).p50
  const backMs = percentiles(Array.from({ length: 10 }, () => time(trees.backKeys))).p50
  table.close()
  return { scopeMs, backMs }
}
