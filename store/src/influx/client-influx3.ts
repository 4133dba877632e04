/**
 * The driver for InfluxDB 3.x: writes by its v2 API, questions in InfluxQL by its own. It deletes no points: a database of 3.x keeps them
 * as long as it was made for.
 */
import { compileValidator } from '@tracegate/model/codec'
import { Type } from 'typebox'
import { storeError } from '../errors.ts'
import type { InfluxDatabase, InfluxOptions } from './client.ts'
import { createInfluxHttp, nameOf, serverErrorOf } from './client-http.ts'
import { askVersion, parsed } from './client-influx2.ts'
import { influxqlSelection, timeOfText } from './influxql.ts'
import { textOfField, textOfTag } from './line-protocol.ts'
import { selectsNothing, type SelectedRow, type Selection } from './selection.ts'
import { writeAnswerOf } from './write-answer.ts'

const Cell = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])
const QueryAnswer = compileValidator(Type.Array(Type.Record(Type.String(), Cell)))
type Row = Readonly<Record<string, string | number | boolean | null>>

export function createInflux3Database(options: InfluxOptions): InfluxDatabase {
  const http = createInfluxHttp(options)
  // Of its own, so that no write waits for a connection behind slow questions.
  const reads = createInfluxHttp(options)
  const name = nameOf(options)
  const { database } = options

  return {
    kind: 'influx3',
    name,
    // The first write makes the database.
    prepare: async () => ({ version: await askVersion(http, name, /^v?3\./, '3.x') }),
    async write(lines, precision) {
      const answer = await http.request({
        action: `write ${lines.length} points`,
        method: 'POST',
        path: '/api/v2/write',
        query: { bucket: database, precision },
        body: lines.join('\n'),
        headers: { 'content-type': 'text/plain; charset=utf-8' }
      })
      return writeAnswerOf(answer, Date.now())
    },
    async select(selection) {
      if (selectsNothing(selection)) return { rows: [], cut: false }
      const action = `select ${selection.pick.type} of ${selection.measurement}`
      const answer = await reads.request({
        action,
        method: 'POST',
        path: '/api/v3/query_influxql',
        body: JSON.stringify({ db: database, q: influxqlSelection(selection), format: 'json' }),
        headers: { 'content-type': 'application/json' }
      })
      // Before the first write there is neither database nor table.
      if (answer.status === 404 || /(?:table|database) .*not found/i.test(answer.body)) return { rows: [], cut: false }
      if (answer.status >= 300) throw serverErrorOf({ action, server: name }, answer)
      const checked = QueryAnswer.check(parsed(answer.body))
      if (!checked.ok) throw serverErrorOf({ action, server: name }, { status: answer.status, body: checked.reason.message })
      return { rows: checked.value.map((row) => rowOf(selection, row)), cut: false }
    },
    async remove(deletion) {
      const action = `delete from ${deletion.measurement}`
      throw storeError('STORE_UNSUPPORTED', { action, server: name, detail: 'InfluxDB 3 deletes no points' })
    },
    close() {
      http.close()
      reads.close()
    }
  }
}

/** A flat row: the measurement under `iox::measurement`, the time without its zone, tags beside the fields. */
function rowOf({ fields, pick }: Selection, row: Row): SelectedRow {
  const wanted = pick.type === 'count' ? fields.slice(0, 1) : fields
  const other = new Set<string>(['iox::measurement', 'time', ...fields])
  const tags = pick.type === 'every' ? pick.tags : Object.keys(row).filter((column) => !other.has(column))
  return {
    ...(timeOfText(String(row['time'] ?? '')) ?? { timeMs: 0, nanos: 0 }),
    tags: Object.fromEntries(tags.map((tag) => [tag, textOfTag(String(row[tag] ?? ''))])),
    values: wanted.map((field) => valueOf(row[field] ?? null))
  }
}

function valueOf(cell: string | number | boolean | null): string | number | boolean | null {
  return typeof cell === 'string' ? textOfField(cell) : cell
}
