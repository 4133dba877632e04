/** The registers as typed values, read through a short cache. A row that does not match its schema is left out and reported. */
import type { Static, TSchema } from 'typebox'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import type { NameBook } from '@tracegate/model/http'
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
  names(): Promise<NameBook>
  /** Reads anew at the next question. */
  forget(register: RegisterName): void
}

/** Registers change by hand or at a device's birth, so a second of age harms nobody. */
const cacheMs = 1_000

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
  const parties = typed('parties', Party)
  const points = typed('points', MonitoringPoint)
  const places = typed('places', Place)
  const products = typed('products', Product)
  const profiles = typed('profiles', ProductProfile)
  return {
    parties,
    points,
    places,
    products,
    profiles,
    devices: typed('devices', Device),
    async names() {
      const rows = await Promise.all([parties(), places(), points(), products(), profiles()])
      return { parties: [...rows[0]], places: [...rows[1]], points: [...rows[2]], products: [...rows[3]], profiles: [...rows[4]] }
    },
    forget: (register) => void cache.delete(register)
  }
}

interface CachedRows {
  readonly readAtMs: number
  readonly rows: Promise<readonly unknown[]>
}

function readRows(options: RegisterOptions, cache: Map<RegisterName, CachedRows>, register: RegisterName): Promise<readonly unknown[]> {
  const held = cache.get(register)
  if (held !== undefined && options.nowMs() - held.readAtMs < cacheMs) return held.rows
  const rows = options.cases.list(register).then((list) => list.map((row) => row.document))
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
