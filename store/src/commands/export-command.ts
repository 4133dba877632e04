/** `store export`: writes readings to a CSV or Parquet file. */
import { open, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Type } from 'typebox'
import { loadConfig } from '@tracegate/service/config'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { openTelemetryReadOnly } from '../embedded-telemetry-reader.ts'
import { storeError } from '../errors.ts'
import { exportFormats, exportReadings } from '../export/export-readings.ts'
import { openStores } from '../open.ts'
import { storeOptionProperties, type StoreOptions } from '../store-options.ts'
import { commandHelp, exitCodes, variablePrefix, type StoreCommand } from './command-line.ts'

const Time = (description: string, fallback: string) => Type.String({ default: fallback, format: 'date-time', description })
const options = Type.Object({
  ...storeOptionProperties,
  dataDir: Type.String({ default: 'data', minLength: 1, description: 'Data folder of the platform' }),
  prefix: Type.String({ default: '', description: 'Beginning of the series names, point/device/metric' }),
  from: Time('First time, ISO 8601 with offset', '1970-01-01T00:00:00Z'),
  until: Time('Last time, ISO 8601 with offset', '9999-12-31T23:59:59Z'),
  format: Type.Enum(exportFormats, { default: 'csv', description: 'Format of the file' }),
  to: Type.String({ default: '-', minLength: 1, description: 'File to write, which must not be there; - for standard output' })
})

export const exportCommand: StoreCommand = {
  about: 'Writes readings to a file, one a line or row; may run beside the platform.',
  example: '--prefix port-1/ --from 2026-11-01T00:00:00Z --format parquet --to readings.parquet',
  options,
  async run(argv, io, signal) {
    const { values, helpAsked } = loadConfig(options, { argv, env: process.env, prefix: variablePrefix })
    if (helpAsked) return io.out(commandHelp('export', exportCommand)) ?? exitCodes.done
    const [fromMs, toMs] = [Date.parse(values.from), Date.parse(values.until)]
    if (!(fromMs <= toMs)) throw storeError('STORE_QUERY', { member: 'from', current: values.from, wanted: 'a time not after until' })
    const store = await openReader(values)
    try {
      const rows = await store.series(values.prefix)
      const series = rows.filter(({ firstMs, lastMs }) => firstMs <= toMs && lastMs >= fromMs).map((row) => row.series)
      const file = Readable.from(exportReadings(store, { series, fromMs, toMs }, values.format), { objectMode: false })
      if (values.to === '-') await pipeline(file, process.stdout, { signal, end: false })
      else await writeNew(values.to, file, signal)
      if (values.to !== '-') io.out(`${series.length} series in ${values.to}\n`)
      return exitCodes.done
    } finally {
      await store.close()
    }
  }
}

/** A file that holds a part only would be taken for whole: it goes again. */
async function writeNew(path: string, content: Readable, signal: AbortSignal): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await pipeline(content, handle.createWriteStream({ flush: true }), { signal })
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** The embedded store without claiming it, so that the platform may run. */
async function openReader(values: StoreOptions & { readonly dataDir: string }) {
  if (values.store === 'embedded:') return openTelemetryReadOnly({ dataDir: values.dataDir })
  const stores = await openStores({ ...values, logger: silentLogger, metrics: createMetrics() })
  return { ...stores.telemetry, close: () => stores.close() }
}
