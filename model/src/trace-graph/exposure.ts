/** Which goods were at a place in an interval: those that events put there, then whatever these held meanwhile. */
import type { Stay } from '../trace.ts'
import { createTraceSession, isPacking, type TraceReader, type TraceSession } from './session.ts'
import { deriveStays, placeMatches } from './stays.ts'

export interface ExposureAsked {
  readonly place: string
  readonly fromMs: number
  readonly toMs: number
  readonly goodsMax: number
}

const levelsMax = 16
const batchMax = 5_000

export async function walkExposure(reader: TraceReader, asked: ExposureAsked): Promise<{ goods: Stay[]; truncated: boolean }> {
  const session = createTraceSession(reader)
  const goods: Stay[] = []
  const seen = new Set<string>()
  let candidates = [...(await reader.keysAt(asked))]
  for (let level = 0; level < levelsMax && candidates.length > 0; level += 1) {
    const inside = new Set<string>()
    for (let at = 0; at < candidates.length; at += batchMax) {
      const batch = candidates.slice(at, at + batchMax).filter((key) => !seen.has(key))
      await session.load(batch)
      for (const key of batch) {
        seen.add(key)
        const stays = deriveStays(session, key).filter((stay) => placeMatches(asked.place, stay.place) && overlaps(stay, asked))
        goods.push(...stays)
        for (const stay of stays) for (const child of contentsDuring(session, key, stay)) inside.add(child)
      }
    }
    candidates = [...inside].filter((key) => !seen.has(key))
  }
  goods.sort((a, b) => a.fromMs - b.fromMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return { goods: goods.slice(0, asked.goodsMax), truncated: goods.length > asked.goodsMax || session.truncated() }
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

function overlaps(stay: Stay, asked: Pick<ExposureAsked, 'fromMs' | 'toMs'>): boolean {
  return stay.fromMs <= asked.toMs && (stay.toMs === undefined || stay.toMs > asked.fromMs)
}

/** Everything put in up to the end of the stay; when it was taken out is for its own stays to say. */
function contentsDuring(session: TraceSession, key: string, stay: Stay): string[] {
  const children: string[] = []
  for (const fact of session.facts(key)) {
    if (stay.toMs !== undefined && fact.eventTimeMs > stay.toMs) break
    if (!isPacking(fact) || fact.action === 'DELETE') continue
    if (!session.subjectsOf(fact, key).some((subject) => subject.role === 'parent')) continue
    for (const subject of fact.subjects) if (subject.role === 'child') children.push(subject.key)
  }
  return children
}
