/** Events of any selection as a file, a line an event, as fast as the taker takes it: JSON lines as captured, or CSV for spreadsheets. */
import { byteOrderMark, csvLine } from './csv.ts'
import type { SelectedEvent } from './event-selection.ts'
import { placeOf, recipientOf, senderOf } from '@tracegate/model/fsma-facts'

const listMax = 50

export async function* eventLines(pages: AsyncIterable<readonly SelectedEvent[]>): AsyncGenerator<Buffer, void> {
  for await (const page of pages) if (page.length > 0) yield Buffer.from(`${page.map(({ json }) => json).join('\n')}\n`)
}

const header = [
  'eventID',
  'type',
  'action',
  'eventTime',
  'eventTimeZoneOffset',
  'recordTime',
  'bizStep',
  'disposition',
  'readPoint',
  'bizLocation',
  'parent',
  'objects',
  'inputs',
  'outputs',
  'children',
  'things',
  'place',
  'source',
  'destination',
  'bizTransactions',
  'errorDeclaration'
]

/** One line an event; lists longer than 50 are cut in their cell, which says how many there are. */
export async function* eventCsv(pages: AsyncIterable<readonly SelectedEvent[]>): AsyncGenerator<Buffer, void> {
  yield Buffer.from(byteOrderMark + csvLine(header))
  for await (const page of pages) if (page.length > 0) yield Buffer.from(page.map(lineOf).join(''))
}

function lineOf({ fact }: SelectedEvent): string {
  const things = (role: string) => listOf(fact.subjects.filter((subject) => subject.role === role).map(thingOf))
  return csvLine([
    fact.eventID,
    fact.type,
    fact.action,
    new Date(fact.eventTimeMs).toISOString(),
    fact.timeZoneOffset,
    new Date(fact.recordTimeMs).toISOString(),
    fact.bizStep,
    fact.disposition,
    fact.readPoint,
    fact.bizLocation,
    things('parent'),
    things('object'),
    things('input'),
    things('output'),
    things('child'),
    fact.subjects.length,
    placeOf(fact),
    senderOf(fact),
    recipientOf(fact),
    listOf(fact.bizTransactions.map(({ type, id }) => (type === undefined ? id : `${type}: ${id}`))),
    fact.errorDeclaration === undefined ? undefined : `declared wrong ${new Date(fact.errorDeclaration.declarationTimeMs).toISOString()}`
  ])
}

function thingOf({ key, quantity, uom }: SelectedEvent['fact']['subjects'][number]): string {
  return quantity === undefined ? key : `${key} × ${quantity}${uom === undefined ? '' : ` ${uom}`}`
}

function listOf(list: readonly string[]): string {
  const shown = list.slice(0, listMax).join('; ')
  return list.length > listMax ? `${shown}; … ${list.length} in all` : shown
}
