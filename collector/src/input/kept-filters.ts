/** Remembers what the session at the broker is subscribed to, so that a change of mode or of points takes back what is no longer wanted. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { allFilters } from './subscription-plan.ts'

const Kept = compileValidator(Type.Object({ clientId: Type.String(), filters: Type.Array(Type.String(), { maxItems: 5_000 }) }))

export interface KeptFilters {
  /** Filters of the session that are in the plan no more. */
  stale(wanted: readonly string[]): readonly string[]
  /** The session has these now. */
  keep(filters: readonly string[]): void
}

export function openKeptFilters({ dataDir, clientId }: { readonly dataDir: string; readonly clientId: string }): KeptFilters {
  const path = join(dataDir, 'mqtt-input.json')
  let kept = read(path, clientId)
  return {
    // Without the file the session may be one of a collector that took everything.
    stale(wanted) {
      const still = new Set(wanted)
      return (kept ?? allFilters).filter((filter) => !still.has(filter))
    },
    keep(filters) {
      if (kept?.length === filters.length && filters.every((filter, index) => filter === kept?.[index])) return
      writeFileSync(`${path}.new`, JSON.stringify({ clientId, filters }))
      renameSync(`${path}.new`, path)
      kept = filters
    }
  }
}

function read(path: string, clientId: string): readonly string[] | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return undefined
  }
  const decoded = decodeJson(bytes)
  const checked = decoded.ok ? Kept.check(decoded.value) : decoded
  return checked.ok && checked.value.clientId === clientId ? checked.value.filters : undefined
}
