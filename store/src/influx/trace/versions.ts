/** The stored versions of events by their ids. Reads only. */
import type { EventReading, EventRows, StoredVersion } from './event-rows.ts'
import { lookUp } from './lookup.ts'
import { comparePositions, versionIdentity } from './position.ts'
import { eventIDKey } from './points.ts'
import type { Selector } from './select.ts'

export interface VersionReading extends EventReading {
  readonly events: EventRows
}

/** By id, in the order of positions; ids that are not known are left out. */
export async function versionsOf(
  selector: Selector,
  eventIDs: readonly string[],
  { events, ...reading }: VersionReading
): Promise<Map<string, StoredVersion[]>> {
  const { positions } = await lookUp(selector, eventIDs.map(eventIDKey))
  const wanted = new Set(eventIDs)
  const versions = await events.at(selector, [...positions.values()].flat(), reading)
  const asked = versions.filter(({ fact }) => wanted.has(fact.eventID))
  return Map.groupBy(onePerVersion(asked), ({ fact }) => fact.eventID)
}

/** Two writers that took the same event at the same instant stored it twice: the first position counts. */
export function onePerVersion(versions: readonly StoredVersion[]): StoredVersion[] {
  const byIdentity = new Map<string, StoredVersion>()
  for (const version of versions.toSorted((a, b) => comparePositions(a.position, b.position))) {
    const identity = versionIdentity(version.fact)
    if (!byIdentity.has(identity)) byIdentity.set(identity, version)
  }
  return [...byIdentity.values()]
}
