/** What a running product tells of anomalies, drafts and readings, for tests that follow a scenario. It starts and ends nothing. */
import assert from 'node:assert/strict'
import type { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { WarningCase } from '@tracegate/model/warning'
import { AnomalyPage, LatestList, RangeAnswer, WarningPage } from './answers.ts'
import { waitFor, type ApiClient } from './product.ts'

const anomalies = compileValidator(AnomalyPage)
const warnings = compileValidator(WarningPage)
const ranges = compileValidator(RangeAnswer)
const latests = compileValidator(LatestList)
const pageMax = 200

export interface Story {
  /** Every anomaly that was ever opened, open ones first. */
  anomalies(): Promise<Anomaly[]>
  opened(what: string, limitMs: number, fits: (anomaly: Anomaly) => boolean): Promise<Anomaly>
  closed(anomaly: Anomaly, limitMs: number): Promise<Anomaly>
  draftOf(anomaly: Anomaly): Promise<WarningCase>
  /** Times and values of the raw readings in [fromMs, toMs]. */
  readings(series: string, fromMs: number, toMs: number): Promise<{ timeMs: number; value: number | null }[]>
  /** Event time of the latest reading. */
  latestMs(series: string): Promise<number>
}

export function storyOf(client: ApiClient): Story {
  const page = async (query: string): Promise<Anomaly[]> => {
    const read = anomalies.check((await client.ask(`/api/v1/anomalies?limit=${pageMax}${query}`)).body)
    assert.ok(read.ok, read.ok ? '' : read.reason.message)
    return read.value.items
  }
  return {
    anomalies: () => page(''),
    opened: (what, limitMs, fits) => waitFor(what, limitMs, async () => (await page('')).find(fits)),
    closed: (anomaly, limitMs) =>
      waitFor(`${anomaly.type} at ${anomaly.place ?? anomaly.device} to close`, limitMs, async () =>
        (await page('&state=closed')).find((one) => one.id === anomaly.id)
      ),
    draftOf: (anomaly) =>
      waitFor(`the draft of ${anomaly.type}`, 10_000, async () => {
        const read = warnings.check((await client.ask(`/api/v1/warnings?limit=${pageMax}`)).body)
        assert.ok(read.ok, read.ok ? '' : read.reason.message)
        return read.value.items.find((one) => one.anomaly === anomaly.id)
      }),
    async readings(series, fromMs, toMs) {
      const query = new URLSearchParams({ series, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() })
      const read = ranges.check((await client.ask(`/api/v1/readings?${query.toString()}`)).body)
      assert.ok(read.ok, read.ok ? '' : read.reason.message)
      return (read.value.readings ?? []).map(([timeMs, value]) => ({ timeMs, value }))
    },
    async latestMs(series) {
      const read = latests.check((await client.ask(`/api/v1/readings/latest?prefix=${series}`)).body)
      assert.ok(read.ok, read.ok ? '' : read.reason.message)
      return read.value.items[0]?.timeMs ?? 0
    }
  }
}
