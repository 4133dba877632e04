/** Where an event happened, from whom and to whom, and on which day there. Pure readings of one event. */
import type { FsmaEvent } from './fsma.ts'
import type { TraceFact } from './trace-event.ts'

/** What goods leave is read where they are seen; where they are afterwards is the business location (EPCIS 2.0 §7.4.1). */
export function placeOf(fact: TraceFact): string | undefined {
  const isLeaving = fact.bizStep === 'shipping' || fact.bizStep === 'transporting'
  return (isLeaving ? (fact.readPoint ?? partner(fact.sources)) : (fact.bizLocation ?? fact.readPoint)) ?? fact.bizLocation
}

export function recipientOf(fact: TraceFact): string | undefined {
  return partner(fact.destinations)
}

export function senderOf(fact: TraceFact): string | undefined {
  return partner(fact.sources)
}

export function partyOf(list: TraceFact['sources']): string | undefined {
  return list.find(({ type }) => type === 'owning_party')?.key ?? list.find(({ type }) => type === 'possessing_party')?.key
}

/** The place before the party: what is asked for is where the food is handled. */
function partner(list: TraceFact['sources']): string | undefined {
  return list.find(({ type }) => type === 'location')?.key ?? list.find(({ type }) => type === 'possessing_party')?.key ?? partyOf(list)
}

/** `2026-04-17`: the day where it happened. */
export function localDate(timeMs: number, offset: string): string {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? []
  const shiftMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  return new Date(timeMs + shiftMs).toISOString().slice(0, 10)
}

export function localDateOf({ fact }: FsmaEvent): string {
  return localDate(fact.eventTimeMs, fact.timeZoneOffset)
}
