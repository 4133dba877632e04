/** Trace events in a real InfluxDB 1.x beside the embedded store: the same events and questions, through the same port. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import { createInfluxDatabase } from '@tracegate/store/influx-client'
import { createInfluxTraceStore } from '@tracegate/store/influx-trace'
import { startInfluxd } from '@tracegate/store/influxd'
import type { TraceStore } from '@tracegate/store/trace-store'
import { compare, describeMachine, timeMs, type Bench } from './bench.ts'
import { batches, eventsPerBatch, eventsPerPallet, key, makePallet, nodesPerPallet, percentiles, referencesOf } from './trace-world.ts'

const looks = 40

export const bench: Bench = {
  name: 'influx-trace',
  about: 'capture, ledger and pallet trace in InfluxDB 1.x',
  async run({ scale = 1 }) {
    const pallets = Math.max(20, Math.round(200 * scale))
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    const influxd = await startInfluxd()
    const database = createInfluxDatabase({ kind: 'influx1', origin: influxd.origin, database: 'bench' })
    try {
      await database.prepare()
      const parts = { logger: silentLogger, metrics: createMetrics() }
      const influx = await measure(createInfluxTraceStore({ database, ...parts }), pallets)
      const embedded = await measure(
        await createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics() }),
        pallets
      )
      const what = 'embedded store'
      const references = Math.round(referencesOf(makePallet(0)) / eventsPerPallet)
      return {
        work: `${pallets * eventsPerPallet} events with ${references} EPC references in batches of ${eventsPerBatch}; ${pallets * nodesPerPallet} keys`,
        machine: describeMachine(),
        rows: [
          compare({ figure: 'capture', value: influx.captured, unit: 'events/s' }, { what, value: embedded.captured }, 'more'),
          compare(
            { figure: 'all events of one EPC, median', value: influx.ledger.p50, unit: 'ms' },
            { what, value: embedded.ledger.p50 },
            'less'
          ),
          { figure: 'all events of one EPC, 99th percentile', value: influx.ledger.p99, unit: 'ms' },
          compare(
            { figure: `pallet with ${nodesPerPallet} nodes, median`, value: influx.pallet.p50, unit: 'ms' },
            { what, value: embedded.pallet.p50 },
            'less'
          ),
          compare({ figure: 'page of 100 events, median', value: influx.page.p50, unit: 'ms' }, { what, value: embedded.page.p50 }, 'less')
        ]
      }
    } finally {
      database.close()
      await influxd.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function measure(store: TraceStore, pallets: number) {
  try {
    let captureMs = 0
    for (const batch of batches(pallets)) captureMs += await timeMs(() => store.capture(batch))
    const pick = (look: number): number => (look * 7_919) % pallets
    const times = async (ask: (look: number) => Promise<unknown>) => {
      const took: number[] = []
      for (let look = 0; look < looks; look += 1) took.push(await timeMs(() => ask(look)))
      return percentiles(took)
    }
    return {
      captured: ((pallets * eventsPerPallet) / captureMs) * 1_000,
      ledger: await times((look) => store.ledger({ key: key.item(pick(look), look % 200) })),
      pallet: await times(async (look) => {
        const { nodes } = await store.ask('forward', { of: key.unit(pick(look), 0) })
        if (nodes.length !== nodesPerPallet) throw new Error(`Cannot measure: ${nodes.length} nodes, expected ${nodesPerPallet}`)
      }),
      page: await times((look) => store.events({ order: 'descending', orderBy: look % 2 === 0 ? 'eventTime' : 'recordTime', limit: 100 }))
    }
  } finally {
    await store.close()
  }
}
