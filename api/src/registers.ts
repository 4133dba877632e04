/** The registers as typed values, read through a short cache. A row that does not match its schema is left out and reported. */
import type { Static, TSchema } from 'typebox'
import { compileValidator, type Validator } from '@tracegate/model/codec'
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

export function createRegisters(options: {
  readonly cases: CaseStore
  readonly events: ApiEvents
  readonly nowMs: () => number
}): Registers {
  const cache = new Map<RegisterName, { readonly readAtMs: number; readonly rows: Promise<readonly unknown[]> }>()

  async function readRows(register: RegisterName): Promise<readonly unknown[]> {
    const held = cache.get(register)
    if (held !== undefined && options.nowMs() - held.readAtMs < cacheMs) return held.rows
    const rows = options.cases.list(register).then((list) => list.map((row) => row.document))
    rows.catch(() => cache.delete(register))
    cache.set(register, { readAtMs: options.nowMs(), rows })
    return rows
  }

  function typed<Schema extends TSchema>(register: RegisterName, validator: Validator<Schema>) {
    // A refused row is told once, not at every read.
    const told = new Set<string>()
    let lastRows: readonly unknown[] | undefined
    let lastTyped: Static<Schema>[] = []
    return async (): Promise<readonly Static<Schema>[]> => {
      const rows = await readRows(register)
      if (rows === lastRows) return lastTyped
      const kept: Static<Schema>[] = []
      for (const row of rows) {
        const read = validator.check(row)
        if (read.ok) kept.push(read.value)
        else tell(register, row, read.reason, told)
      }
      lastRows = rows
      lastTyped = kept
      return kept
    }
  }

  function tell(register: RegisterName, row: unknown, reason: { pointer: string; message: string }, told: Set<string>): void {
    const text = `${reason.pointer} ${JSON.stringify(row).slice(0, 200)}`
    if (told.has(text) || told.size >= 100) return
    told.add(text)
    options.events.registerRowRefused({ register, row: text, pointer: reason.pointer, message: reason.message })
  }

  const parties = typed('parties', compileValidator(Party))
  const points = typed('points', compileValidator(MonitoringPoint))
  const places = typed('places', compileValidator(Place))
  const products = typed('products', compileValidator(Product))
  const profiles = typed('profiles', compileValidator(ProductProfile))
  return {
    parties,
    points,
    places,
    products,
    profiles,
    devices: typed('devices', compileValidator(Device)),
    async names() {
      const [partyRows, placeRows, pointRows, productRows, profileRows] = await Promise.all([
        parties(),
        places(),
        points(),
        products(),
        profiles()
      ])
      return {
        parties: [...partyRows],
        places: [...placeRows],
        points: [...pointRows],
        products: [...productRows],
        profiles: [...profileRows]
      }
    },
    forget: (register) => void cache.delete(register)
  }
}
