/** Which goods were at a place in an interval: those that events put there, then whatever these held meanwhile. */
import type { Stay } from '../trace.ts'
import { createTraceSession, isPacking, roleBits, type TraceReader, type TraceSession } from './session.ts'
import { deriveStays, placeMatches } from './stays.ts'

export interface PresenceAsked {
  readonly place: string
  readonly fromMs: number
  readonly toMs: number
}

const levelsMax = 16
const batchMax = 5_000

/** Oldest stay first. `cut`: levels of containers, or time, ran out. */
export async function walkPresence(
  session: TraceSession,
  reader: TraceReader,
  asked: PresenceAsked
): Promise<{ stays: Stay[]; cut: boolean }> {
  const found: Stay[] = []
  const seen = new Set<string>()
  let candidates = [...(await reader.keysAt(asked, session.knowledge))]
  for (let level = 0; level < levelsMax && candidates.length > 0; level += 1) {
    const inside = new Set<string>()
    for (let at = 0; at < candidates.length; at += batchMax) {
      if (session.isLate()) return { stays: inOrder(found), cut: true }
      const batch = candidates.slice(at, at + batchMax).filter((key) => !seen.has(key))
      await session.load(batch)
      for (const key of batch) {
        seen.add(key)
        for (const stay of deriveStays(session, key)) {
          if (!placeMatches(asked.place, stay.place) || !overlaps(stay, asked)) continue
          found.push(stay)
          for (const child of contentsDuring(session, key, stay)) inside.add(child)
        }
      }
    }
    candidates = [...inside].filter((key) => !seen.has(key))
  }
  return { stays: inOrder(found), cut: candidates.length > 0 }
}

function inOrder(found: Stay[]): Stay[] {
  return found.sort((a, b) => a.fromMs - b.fromMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

/** Those of the keys that were at the place at that time. */
export async function keysPresent(
  reader: TraceReader,
  asked: { readonly place: string; readonly keys: readonly string[]; readonly atMs: number }
): Promise<string[]> {
  const present: string[] = []
  for (let at = 0; at < asked.keys.length; at += batchMax) {
    const session = createTraceSession(reader)
    const batch = asked.keys.slice(at, at + batchMax)
    await session.load(batch)
    for (const key of batch) {
      const stays = deriveStays(session, key)
      const wasThere = stays.some(
        (stay) => placeMatches(asked.place, stay.place) && overlaps(stay, { fromMs: asked.atMs, toMs: asked.atMs })
      )
      if (wasThere) present.push(key)
    }
  }
  return present
}

function overlaps(stay: Stay, asked: Pick<PresenceAsked, 'fromMs' | 'toMs'>): boolean {
  return stay.fromMs <= asked.toMs && (stay.toMs === undefined || stay.toMs > asked.fromMs)
}

/** Everything put in up to the end of the stay; when it was taken out is for its own stays to say. */
function contentsDuring(session: TraceSession, key: string, stay: Stay): string[] {
  const children: string[] = []
  if ((session.rolesEver(key) & roleBits.parent) === 0) return children
  for (const fact of session.facts(key)) {
    if (stay.toMs !== undefined && fact.eventTimeMs > stay.toMs) break
    if (!isPacking(fact) || fact.action === 'DELETE') continue
    if ((session.rolesOf(fact, key) & roleBits.parent) === 0) continue
    for (const subject of fact.subjects) if (subject.role === 'child') children.push(subject.key)
  }
  return children
}
