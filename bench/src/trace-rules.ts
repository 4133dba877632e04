/** What judging an event by the trace rules costs: processor time of the judge on the traffic of the simulated goods, beside the look-ups it needs. */
import { createTraceJudge } from '@tracegate/detect/trace/trace-judge'
import type { TraceHistory } from '@tracegate/detect/engine'
import type { TraceFact } from '@tracegate/model/trace-event'
import { tellingsOf } from '@tracegate/sim/faults/judge-tale'
import { tellTale } from '@tracegate/sim/faults/tale'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import { compare, describeMachine, median, type Bench, type BenchReport, type BenchRow } from './bench.ts'

const rounds = 5
const roundsOfLooking = 4
const historyMax = 200
const endMs = Date.parse('2026-11-23T08:00:00Z')

interface Cost {
  readonly judgeMicros: number
  readonly lookMicros: number
  readonly keys: number
}

export const bench: Bench = {
  name: 'trace-rules',
  about: 'judging events by the eleven trace rules',
  async run({ scale = 1 }): Promise<BenchReport> {
    const tale = tellTale(1, endMs)
    const told = tellingsOf(tale).map(({ event }) => event)
    const rows: BenchRow[] = []
    for (const together of [1, 50]) {
      const costs: Cost[] = []
      for (let round = 0; round < Math.max(2, Math.round(rounds * scale)); round += 1) costs.push(await judgeAll(together))
      // The first round pays for what the engine has yet to compile.
      const measured = costs.slice(1)
      const lookMicros = median(measured.map((cost) => cost.lookMicros))
      const judged = { figure: `judge, ${together} at a time`, value: median(measured.map((cost) => cost.judgeMicros)), unit: 'µs/event' }
      rows.push(compare(judged, { what: 'look-ups in a store in memory', value: lookMicros }, 'less'))
      rows.push({ figure: `histories looked up, ${together} at a time`, value: measured[0]?.keys ?? 0, unit: 'keys/event' })
    }
    const subjects = told.reduce((sum, { subjects: named }) => sum + named.length, 0) / told.length
    return { work: `${told.length} events of goods, ${subjects.toFixed(1)} things named by one`, machine: describeMachine(), rows }

    async function judgeAll(together: number): Promise<Cost> {
      const store = createMemoryTraceStore()
      const judge = createTraceJudge()
      const { points, places, products, profiles } = tale.world
      judge.configure({ points, places, products, profiles })
      let [judgeMicros, lookMicros, keys] = [0, 0, 0]
      for (let from = 0; from < told.length; from += together) {
        const events = told.slice(from, from + together)
        await store.capture(events)
        const known = new Map<string, readonly TraceFact[]>()
        const history: TraceHistory = { of: (key) => known.get(key) ?? [] }
        for (let round = 0; round < roundsOfLooking; round += 1) {
          const beforeKeys = cpuMicros()
          const unknown = judge.keysToKnow(events, history).filter((key) => !known.has(key))
          const beforeLook = cpuMicros()
          judgeMicros += beforeLook - beforeKeys
          if (unknown.length === 0) break
          for (const [key, facts] of await store.histories({ keys: unknown, newest: historyMax })) known.set(key, facts)
          lookMicros += cpuMicros() - beforeLook
        }
        keys += known.size
        const before = cpuMicros()
        judge.onEvents(events, history, events.at(-1)?.recordTimeMs ?? 0)
        judgeMicros += cpuMicros() - before
      }
      await store.close()
      return { judgeMicros: judgeMicros / told.length, lookMicros: lookMicros / told.length, keys: keys / told.length }
    }
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
