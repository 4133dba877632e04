/**
 * Which events of a capture are new, which are there already, and which would put other content under an eventID that is taken
 * (CBV 2.0 §8.9: same hash, same event). Declarations of error repeat an eventID by right and are kept beside the event; two of one
 * time are one declaration (EPCIS 2.0 §7.4.1.4), as the store has it.
 */
import { decodeJson } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { checkEvent } from '@tracegate/model/epcis/event'
import { declarationText } from '@tracegate/model/epcis/event-hash'
import { parseTimeMs } from '@tracegate/model/epcis/normalise'
import type { TraceStore } from '@tracegate/store/trace-store'
import { hashIdOf, type Candidate } from './capture-document.ts'

const lookupChunk = 500
const versionsPerPage = 1_000

export interface Sorted {
  /** To be stored. */
  readonly fresh: readonly Candidate[]
  /** There already, or earlier in the same document, with the same content. */
  readonly duplicates: number
  readonly conflicts: readonly Reason[]
}

/** What stands under an eventID: the event, whose hash is taken only when a second one comes, and its declarations by their time. */
interface Known {
  readonly hashId?: () => string
  readonly declarations: ReadonlyMap<number, string>
}

export async function sortCandidates(trace: TraceStore, candidates: readonly Candidate[]): Promise<Sorted> {
  const known = await findKnown(trace, [...new Set(candidates.map(({ event }) => event.eventID))])
  const fresh: Candidate[] = []
  const conflicts: Reason[] = []
  let duplicates = 0
  for (const candidate of candidates) {
    const { eventID } = candidate.event
    const before = known.get(eventID)
    const found = before === undefined ? 'new' : compare(candidate, before)
    if (found === 'new') {
      known.set(eventID, withCandidate(before, candidate))
      fresh.push(candidate)
    } else if (found === 'same') duplicates += 1
    else {
      const message = `${candidate.pointer}/eventID is "${eventID}", which stands on another event already, expected a new one`
      conflicts.push({ code: 'EPCIS_EVENT_EXISTS', pointer: `${candidate.pointer}/eventID`, message })
    }
  }
  return { fresh, duplicates, conflicts }
}

function compare({ event, declaration, hashId }: Candidate, before: Known): 'new' | 'same' | 'other' {
  if (event.errorDeclaration === undefined) {
    // Where only a declaration is known, the event that it speaks of may still come.
    if (before.hashId === undefined) return 'new'
    return before.hashId() === hashId() ? 'same' : 'other'
  }
  const sameTime = before.declarations.get(event.errorDeclaration.declarationTimeMs)
  if (sameTime === undefined) return 'new'
  return sameTime === declaration ? 'same' : 'other'
}

function withCandidate(before: Known | undefined, { event, declaration, hashId }: Candidate): Known {
  const declarations = before?.declarations ?? new Map<number, string>()
  if (event.errorDeclaration === undefined) return { hashId, declarations }
  const added = new Map(declarations).set(event.errorDeclaration.declarationTimeMs, declaration ?? '')
  return before?.hashId === undefined ? { declarations: added } : { hashId: before.hashId, declarations: added }
}

async function findKnown(trace: TraceStore, eventIDs: readonly string[]): Promise<Map<string, Known>> {
  const known = new Map<string, Known>()
  for (let start = 0; start < eventIDs.length; start += lookupChunk) {
    const chunk = eventIDs.slice(start, start + lookupChunk)
    let cursor: string | undefined
    do {
      const page = await trace.events({
        eventIDs: chunk,
        order: 'ascending',
        orderBy: 'recordTime',
        limit: versionsPerPage,
        ...(cursor === undefined ? {} : { cursor })
      })
      for (const json of page.json) addVersion(known, json)
      cursor = page.next
    } while (cursor !== undefined)
  }
  return known
}

const encoder = new TextEncoder()

function addVersion(known: Map<string, Known>, json: string): void {
  const decoded = decodeJson(encoder.encode(json))
  const checked = decoded.ok ? checkEvent(decoded.value, '', undefined, 'xml') : undefined
  const event = checked?.ok === true ? checked.event : undefined
  if (event?.eventID === undefined) return
  const before = known.get(event.eventID)
  const declarations = new Map(before?.declarations)
  if (event.errorDeclaration !== undefined) {
    declarations.set(parseTimeMs(event.errorDeclaration.declarationTime), declarationText(event, event['@context']))
    known.set(event.eventID, before?.hashId === undefined ? { declarations } : { hashId: before.hashId, declarations })
  } else known.set(event.eventID, { hashId: () => hashIdOf(event, event['@context']), declarations })
}
