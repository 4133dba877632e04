/**
 * The registers as typed values, read through a short cache. A row that does not match its schema is left out and reported. Parties and
 * places that only partners' headers tell of are among them; products that are told of have a name here, and no say in anything else.
 */
import type { Static, TSchema } from 'typebox'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import type { NameBook } from '@tracegate/model/http'
import { MasterDataElement } from '@tracegate/model/master-data-record'
import { readTold, type Told, type ToldRecords } from '@tracegate/model/master-data-told'
import { Device, MonitoringPoint, Party, Place, Product, ProductProfile, type RegisterName } from '@tracegate/model/registers'
import type { CaseStore } from '@tracegate/store/case-store'
import type { ApiEvents } from './events.ts'

export interface Registers {
  parties(): Promise<readonly Party[]>
  points(): Promise<readonly MonitoringPoint[]>
  places(): Promise<readonly Place[]>
  devices(): Promise<readonly Device[]>
  products(): Promise<readonly Product[]>
  profiles(): Promise<readonly ProductProfile[]>
  /** What EPCIS headers brought, whole. */
  elements(): Promise<readonly MasterDataElement[]>
  told(): Promise<ToldRecords>
  names(): Promise<NameBook>
  /** Reads anew at the next question. */
  forget(register: RegisterName): void
}

/** Registers change by hand or at a device's birth, so a second of age harms nobody. */
const cacheMs = 1_000
/** Headers change by captures of this process, which say so, or of another one. */
const elementsCacheMs = 30_000

interface RegisterOptions {
  readonly cases: CaseStore
  readonly events: ApiEvents
  readonly nowMs: () => number
}

export function createRegisters(options: RegisterOptions): Registers {
  const cache = new Map<RegisterName, CachedRows>()
  const typed = <Schema extends TSchema>(register: RegisterName, schema: Schema) => {
    const read = createTypedReader(compileValidator(schema), (row, reason) =>
      options.events.registerRowRefused({ register, row, pointer: reason.pointer, message: reason.message })
    )
    return async () => read(await readRows(options, cache, register))
  }
  const points = typed('points', MonitoringPoint)
  const profiles = typed('profiles', ProductProfile)
  const elements = typed('masterData', MasterDataElement)
  const readToldOnce = remember(readTold)
  const told = async () => readToldOnce(await elements())
  const products = typed('products', Product)
  const parties = joined(typed('parties', Party), async () => (await told()).parties)
  const places = joined(typed('places', Place), async () => (await told()).places)
  const namedProducts = joined(products, async () => (await told()).products)
  return {
    parties,
    points,
    places,
    products,
    profiles,
    elements,
    told,
    devices: typed('devices', Device),
    async names() {
      const rows = await Promise.all([parties(), places(), points(), namedProducts(), profiles()])
      return { parties: [...rows[0]], places: [...rows[1]], points: [...rows[2]], products: [...rows[3]], profiles: [...rows[4]] }
    },
    forget: (register) => void cache.delete(register)
  }
}

/** Who said what is for those who keep master data, not for everybody who reads a name. */
function withoutProvenance(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || !('provenance' in document)) return document
  const { provenance: _provenance, ...rest } = document
  return rest
}

/** The registered rows, what is empty in them filled from what was told, and after them what is told of only. */
function joined<Row extends { readonly key: string }>(
  read: () => Promise<readonly Row[]>,
  readToldOf: () => Promise<readonly Told<Row>[]>
): () => Promise<readonly Row[]> {
  let last: { readonly rows: readonly Row[]; readonly told: readonly Told<Row>[]; readonly joined: readonly Row[] } | undefined
  return async () => {
    const [rows, told] = await Promise.all([read(), readToldOf()])
    if (last?.rows === rows && last.told === told) return last.joined
    const toldByKey = new Map(told.map(({ value }) => [value.key, value]))
    const registered = rows.map((row) => ({ ...toldByKey.get(row.key), ...row }))
    const known = new Set(rows.map((row) => row.key))
    const all = [...registered, ...told.flatMap(({ value }) => (known.has(value.key) ? [] : [value]))]
    last = { rows, told, joined: told.length === 0 ? rows : all }
    return last.joined
  }
}

function remember<Input, Output>(make: (input: Input) => Output): (input: Input) => Output {
  let last: { readonly input: Input; readonly output: Output } | undefined
  return (input) => {
    if (last?.input !== input) last = { input, output: make(input) }
    return last.output
  }
}

interface CachedRows {
  readonly readAtMs: number
  readonly rows: Promise<readonly unknown[]>
}

function readRows(options: RegisterOptions, cache: Map<RegisterName, CachedRows>, register: RegisterName): Promise<readonly unknown[]> {
  const held = cache.get(register)
  const ageMaxMs = register === 'masterData' ? elementsCacheMs : cacheMs
  if (held !== undefined && options.nowMs() - held.readAtMs < ageMaxMs) return held.rows
  const rows = options.cases.list(register).then((list) => list.map((row) => withoutProvenance(row.document)))
  rows.catch(() => cache.delete(register))
  cache.set(register, { readAtMs: options.nowMs(), rows })
  return rows
}

/** Refused rows that are remembered as told; past it further ones are left out in silence. */
const toldMax = 100

/** Checks each reading of the store once, and tells of a refused row once. */
function createTypedReader<Schema extends TSchema>(validator: Validator<Schema>, refused: (row: string, reason: Reason) => void) {
  const told = new Set<string>()
  let lastRows: readonly unknown[] | undefined
  let lastTyped: Static<Schema>[] = []
  return (rows: readonly unknown[]): readonly Static<Schema>[] => {
    if (rows === lastRows) return lastTyped
    const kept: Static<Schema>[] = []
    for (const row of rows) {
      const read = validator.check(row)
      if (read.ok) kept.push(read.value)
      else {
        const text = JSON.stringify(row).slice(0, 200)
        if (told.has(text) || told.size >= toldMax) continue
        told.add(text)
        refused(text, read.reason)
      }
    }
    lastRows = rows
    lastTyped = kept
    return kept
  }
}
