/** Baseline: InfluxDB 1.x of the machine, over HTTP with line protocol that was made before. Undefined where it is not installed. */
import { Agent, request } from 'node:http'
import type { Reading } from '@tracegate/model/telemetry'
import { startInfluxd, withoutInfluxd } from '@tracegate/store/influxd'
import { median, medianOf, timeMs } from './bench.ts'
import {
  batchReadings,
  bucketCount,
  dayReadings,
  daySeries,
  daySeriesCount,
  makeDay,
  startMs,
  type Figures
} from './telemetry-store-load.ts'

const rounds = 3
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

export async function measureInflux(batches: readonly Reading[][]): Promise<Figures | undefined> {
  if (withoutInfluxd() !== false) return undefined
  const influxd = await startInfluxd()
  try {
    const send = (path: string, body = ''): Promise<string> => post(influxd.origin + path, body)
    const lines = batches.map(linesOf)
    const appended: number[] = []
    for (let round = 0; round < rounds; round++) {
      await send(`/query?q=${encodeURIComponent(`CREATE DATABASE round${round}`)}`)
      const startedMs = performance.now()
      for (const body of lines) await send(`/write?db=round${round}&precision=ms`, body)
      appended.push((batches.reduce((sum, { length }) => sum + length, 0) / (performance.now() - startedMs)) * 1_000)
    }
    for (let index = 0; index < daySeriesCount; index++) {
      const day = makeDay(index)
      for (let at = 0; at < day.length; at += batchReadings)
        await send('/write?db=round0&precision=ms', linesOf(day.slice(at, at + batchReadings)))
    }
    const query = (text: string) => timeMs(() => send(`/query?db=round0&epoch=ms&q=${encodeURIComponent(text)}`))
    return { appended: median(appended), ...(await measureQueries(query)) }
  } finally {
    await influxd.stop()
  }
}

async function measureQueries(query: (text: string) => Promise<number>): Promise<Omit<Figures, 'appended'>> {
  const width = `${dayReadings / bucketCount}s`
  const within = `time >= ${startMs}ms AND time < ${startMs + dayReadings * 1_000}ms`
  const six = 'min(value), max(value), mean(value), count(value), first(value), last(value)'
  const name = (index: number) => `"series" = '${daySeries(index)}'`
  const all = Array.from({ length: daySeriesCount }, (_, index) => name(index)).join(' OR ')
  const sensors = '"series" =~ /^port-1\\/device-/'
  return {
    bucketsMs: await medianOf(5, () => query(`SELECT ${six} FROM reading WHERE ${name(0)} AND ${within} GROUP BY time(${width})`)),
    latestMs: await medianOf(5, () => query(`SELECT last(value) FROM reading WHERE ${sensors} GROUP BY "series"`)),
    asOfMs: await medianOf(5, () =>
      query(`SELECT last(value) FROM reading WHERE ${sensors} AND time <= ${startMs + 3_600_000}ms GROUP BY "series"`)
    ),
    alignedMs: await medianOf(3, () => query(`SELECT ${six} FROM reading WHERE (${all}) AND ${within} GROUP BY time(${width}), "series"`))
  }
}

function linesOf(batch: readonly Reading[]): string {
  return batch
    .map(
      ({ point, device, metric, quality, value, timeMs }) =>
        `reading,series=${point}/${device}/${metric} value=${value},quality=${quality}i ${timeMs}`
    )
    .join('\n')
}

function post(url: string, body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const sent = request(url, { method: 'POST', agent, timeout: 30_000 }, (answer) => {
    const parts: Buffer[] = []
    answer.on('data', (part: Buffer) => parts.push(part))
    answer.on('end', () => {
      const text = Buffer.concat(parts).toString()
      if ((answer.statusCode ?? 500) < 300) resolve(text)
      else reject(new Error(`Cannot measure InfluxDB: it answered ${answer.statusCode} ${text.slice(0, 200)}, expected success`))
    })
  })
  sent.on('error', reject)
  sent.on('timeout', () => sent.destroy(new Error('Cannot measure InfluxDB: no answer within 30 s')))
  sent.end(body)
  return promise
}
