/** `store migrate`: copies the readings and events of one store into another, and proves that both have the same. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { loadConfig } from '@tracegate/service/config'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { migrateStores, type MigrationReport, type MigrationSide } from '../migrate/migrate.ts'
import { openStores } from '../open.ts'
import { storeError } from '../errors.ts'
import { commandHelp, createProgress, exitCodes, jsonOption, variablePrefix, type Console, type StoreCommand } from './command-line.ts'

const url = 'embedded:, influx://host:8086/database, influx2://host:8086/organization/bucket or influx3://host:8181/database'
const secretFile = (what: string) => Type.String({ default: '', description: `File with ${what}` })
const options = Type.Object({
  from: Type.String({ minLength: 1, description: `Store to read: ${url}` }),
  fromDataDir: Type.String({ default: '', description: 'Its data folder, for embedded:' }),
  fromUsername: Type.String({ default: '', description: 'Its user, for InfluxDB 1.x' }),
  fromPasswordFile: secretFile('the password of that user'),
  fromTokenFile: secretFile('its token, for InfluxDB 2.x and 3.x'),
  to: Type.String({ minLength: 1, description: `Store to fill: ${url}` }),
  toDataDir: Type.String({ default: '', description: 'Its data folder, for embedded:' }),
  toUsername: Type.String({ default: '', description: 'Its user, for InfluxDB 1.x' }),
  toPasswordFile: secretFile('the password of that user'),
  toTokenFile: secretFile('its token, for InfluxDB 2.x and 3.x'),
  state: Type.String({
    default: 'migration.json',
    minLength: 1,
    description: 'File that remembers how far it came: the same command goes on from there'
  }),
  check: Type.Enum(['counts', 'values'] as const, {
    default: 'counts',
    description: 'Compare in the end how many there are, or also every reading'
  }),
  json: Type.Boolean(jsonOption)
})
type Options = Static<typeof options>

const differencesShown = 20

export const migrateCommand: StoreCommand = {
  about:
    'Copies readings and trace events of one store into another; the platform must not run on an embedded one. Interrupted, the same command goes on. Exit code 1: the copy differs, or was interrupted.',
  example: '--from embedded: --from-data-dir data --to influx://localhost:8086/tracegate',
  options,
  async run(argv, io, signal) {
    const { values, helpAsked } = loadConfig(options, { argv, env: process.env, prefix: variablePrefix })
    if (helpAsked) return io.out(commandHelp('migrate', migrateCommand)) ?? exitCodes.done
    if (values.from === values.to && values.fromDataDir === values.toDataDir)
      throw storeError('STORE_MIGRATION', { detail: `from and to are both ${values.from}, expected two stores` })
    await using from = await openSide(sideOf(values, 'from'))
    await using to = await openSide(sideOf(values, 'to'))
    const progress = createProgress(io)
    const report = await migrateStores({
      from,
      to,
      statePath: values.state,
      check: values.check,
      signal,
      onProgress: ({ phase, done, total }) => progress.tell(phase, done, total)
    })
    if (values.json) io.out(`${JSON.stringify({ from: from.name, to: to.name, ...report })}\n`)
    else tell(io, report, values)
    return report.finished && report.differences.length === 0 ? exitCodes.done : exitCodes.found
  }
}

interface SideOptions {
  readonly store: string
  readonly dataDir: string
  readonly storeUsername: string
  readonly storePasswordFile: string
  readonly storeTokenFile: string
  readonly option: string
}

function sideOf(values: Options, side: 'from' | 'to'): SideOptions {
  return side === 'from'
    ? {
        store: values.from,
        dataDir: values.fromDataDir,
        storeUsername: values.fromUsername,
        storePasswordFile: values.fromPasswordFile,
        storeTokenFile: values.fromTokenFile,
        option: 'fromDataDir'
      }
    : {
        store: values.to,
        dataDir: values.toDataDir,
        storeUsername: values.toUsername,
        storePasswordFile: values.toPasswordFile,
        storeTokenFile: values.toTokenFile,
        option: 'toDataDir'
      }
}

/** Cases are not copied; a database server is given a folder for them that goes again. */
async function openSide({ option, dataDir, ...side }: SideOptions): Promise<MigrationSide & AsyncDisposable> {
  const isEmbedded = side.store === 'embedded:'
  if (isEmbedded && dataDir === '') throw storeError('STORE_URL', { member: option, current: '', wanted: 'the data folder of embedded:' })
  // A new folder would be made, and an empty copy of it found whole.
  if (isEmbedded && option === 'fromDataDir' && !['telemetry.db', 'trace.db'].some((name) => existsSync(join(dataDir, name))))
    throw storeError('STORE_URL', { member: option, current: dataDir, wanted: 'a data folder that holds a store' })
  const folder = isEmbedded ? dataDir : await mkdtemp(join(tmpdir(), 'tracegate-migrate-'))
  const leave = () => (isEmbedded ? Promise.resolve() : rm(folder, { recursive: true, force: true }))
  try {
    const stores = await openStores({ ...side, dataDir: folder, logger: silentLogger, metrics: createMetrics() })
    return {
      name: isEmbedded ? `embedded:${dataDir}` : side.store,
      telemetry: stores.telemetry,
      trace: stores.trace,
      async [Symbol.asyncDispose]() {
        await stores.close()
        await leave()
      }
    }
  } catch (error) {
    await leave()
    throw error
  }
}

function tell({ out }: Console, { readings, events, series, differences, finished }: MigrationReport, values: Options): void {
  const figure = (count: number) => count.toLocaleString('en')
  out(
    `readings  ${figure(readings.from)} there in ${figure(series)} series, ${figure(readings.to)} here, ${figure(readings.copied)} copied now\n`
  )
  out(`events    ${figure(events.from)} there, ${figure(events.to)} here, ${figure(events.copied)} copied now\n`)
  if (!finished) out(`interrupted: the same command goes on from ${values.state}\n`)
  for (const { what, detail } of differences.slice(0, differencesShown)) out(`differs   ${what}: ${detail}\n`)
  if (differences.length > differencesShown) out(`          and ${differences.length - differencesShown} more\n`)
  if (finished && differences.length === 0) out(`the same in both (${values.check})\n`)
}
