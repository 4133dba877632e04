/** Events by their positions, decoded. Reads only. */
import type { TraceFact } from '@tracegate/model/trace-event'
import { decodeFact } from '../../embedded/trace/fact-codec.ts'
import { storeError } from '../../errors.ts'
import { nanosTextOf } from '../line-protocol.ts'
import type { SelectedRow } from '../selection.ts'
import { positionKey, seatNanos, type Position } from './position.ts'
import { createPositionReader, positionOf } from './position-reader.ts'
import { eventMeasurement, partMeasurement } from './points.ts'
import type { Selector } from './select.ts'

export interface StoredVersion {
  readonly position: Position
  readonly fact: TraceFact
  readonly json: string
  /** An error declaration of the event is stored, or it is one. */
  readonly isWrong: boolean
  /** When its feed point stands; none for what an older version stored. */
  readonly feedMs: number | undefined
}

export interface EventReading {
  /** Without it the JSON is left empty. */
  readonly json?: boolean
}

export interface EventRows {
  /** Those that are there, in any order. */
  at(selector: Selector, positions: readonly Position[], reading?: EventReading): Promise<StoredVersion[]>
  /** Of rows that were selected with `eventFields`, in their order; none of a point that is still being written. */
  decode(selector: Selector, rows: readonly SelectedRow[], reading?: EventReading): Promise<(StoredVersion | undefined)[]>
}

export function eventFields({ json = false }: EventReading = {}): [string, ...string[]] {
  return ['record_ms', 'version', 'wrong', 'facts', 'facts_parts', 'feed_ms', ...(json ? ['json', 'json_parts'] : [])]
}

export function createEventRows(): EventRows {
  const near = createPositionReader()
  const eventRows: EventRows = {
    async at(selector, positions, reading = {}) {
      const rows = await near.rowsAt(selector, positions, { measurement: eventMeasurement, fields: eventFields(reading) })
      return (await eventRows.decode(selector, rows, reading)).filter((version) => version !== undefined)
    },
    decode: (selector, rows, { json = false } = {}) =>
      selector.each(rows, async (row) => {
        if (!isWhole(row, json)) return undefined
        const position = positionOf(row)
        const [, version, wrong, factsText, factsParts, feed, jsonText = '', jsonParts = 0] = row.values
        const facts = await wholeText(selector, position, { of: 'facts', text: factsText ?? '', parts: factsParts ?? 0 })
        const body = json ? await wholeText(selector, position, { of: 'json', text: jsonText ?? '', parts: jsonParts ?? 0 }) : ''
        const fact = decodeFact(facts, selector.database.name)
        const feedMs = typeof feed === 'number' ? feed : undefined
        return { position, fact, json: body, isWrong: wrong === true || version !== '', feedMs }
      })
  }
  return eventRows
}

/** InfluxDB shows the fields of a point one by one while it takes them in. Only the time of the feed may be missing for good. */
function isWhole({ values }: SelectedRow, json: boolean): boolean {
  const [record, version, wrong, facts, factsParts, , text, textParts] = values
  return ![record, version, wrong, facts, factsParts, ...(json ? [text, textParts] : [])].includes(null)
}

interface PartedText {
  readonly of: 'facts' | 'json'
  readonly text: unknown
  readonly parts: unknown
}

async function wholeText(selector: Selector, position: Position, { of, text, parts }: PartedText): Promise<string> {
  const wanted = Number(parts)
  if (wanted === 0) return String(text)
  const rows = await selector.rows({
    measurement: partMeasurement,
    fields: ['text'],
    where: [
      { tag: 'f', anyOf: [of] },
      { tag: 's', anyOf: [String(position.slot)] }
    ],
    tags: ['c'],
    span: { fromNanos: nanosTextOf(position.ms, position.nanos), toNanos: nanosTextOf(position.ms, position.nanos + seatNanos - 1) }
  })
  const texts = new Array<string | undefined>(wanted)
  for (const row of rows) {
    const at = Number(row.tags['c'] ?? 0) * seatNanos + (row.nanos - position.nanos)
    if (at < wanted) texts[at] = String(row.values[0] ?? '')
  }
  const missing = texts.findIndex((one) => one === undefined)
  if (missing >= 0) {
    const detail = `part ${missing + 1} of ${wanted} of an event at ${positionKey(position)} is missing`
    throw storeError('STORE_CORRUPT', { action: 'read event', path: selector.database.name, detail })
  }
  return texts.join('')
}
