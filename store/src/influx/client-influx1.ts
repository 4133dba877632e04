/**
 * The driver for InfluxDB 1.x: questions and the making of the database through the `influx` package, whose pool of hosts is held to one
 * host, one try and no time on the bench; writes through `client-http.ts`.
 */
import { InfluxDB } from 'influx'
import { compileValidator } from '@tracegate/model/codec'
import { Type, type Static } from 'typebox'
import { storeError } from '../errors.ts'
import type { InfluxDatabase, InfluxOptions } from './client.ts'
import { createInfluxHttp, nameOf, serverErrorOf, type InfluxHttp } from './client-http.ts'
import { influxqlDeletion, influxqlSelection, timeOfText } from './influxql.ts'
import { textOfField, textOfTag } from './line-protocol.ts'
import { selectsNothing, type SelectAnswer, type SelectedRow, type Selection } from './selection.ts'
import { writeAnswerOf } from './write-answer.ts'

const Cell = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])
const Series = Type.Object({
  tags: Type.Optional(Type.Record(Type.String(), Type.String())),
  columns: Type.Array(Type.String()),
  values: Type.Optional(Type.Array(Type.Array(Cell))),
  partial: Type.Optional(Type.Boolean())
})
type Series = Static<typeof Series>
const QueryAnswer = compileValidator(
  Type.Object({
    error: Type.Optional(Type.String()),
    results: Type.Optional(
      Type.Array(
        Type.Object({
          error: Type.Optional(Type.String()),
          series: Type.Optional(Type.Array(Series)),
          partial: Type.Optional(Type.Boolean())
        })
      )
    )
  })
)

/** Never on the bench: whether and when to try again is not for a client library to say. */
const noPause = { getDelay: () => 0, next: () => noPause, reset: () => noPause }

interface Answered {
  readonly series: readonly Series[]
  readonly cut: boolean
}
const nothing: Answered = { series: [], cut: false }

export function createInflux1Database(options: InfluxOptions): InfluxDatabase {
  const http = createInfluxHttp(options)
  // Of its own, so that no write waits for a connection behind slow questions.
  const reads = createInfluxHttp(options)
  const influx = createInfluxClient(options, reads)
  const name = nameOf(options)
  const { database } = options

  /** One answer for each statement of the text. */
  const query = (action: string, text: string, options: { readonly statements?: number; readonly wholeMs?: boolean } = {}) =>
    reads.guard(action, async (signal): Promise<Answered[]> => {
      const { statements = 1, wholeMs = false } = options
      const answer: unknown = await influx
        .queryRaw(text, { database, method: 'POST', signal, ...(wholeMs ? { precision: 'ms' } : {}) })
        .catch(explain({ action, server: name }))
      const checked = QueryAnswer.check(answer)
      const failed = (detail: string) => serverErrorOf({ action, server: name }, { status: 200, body: detail })
      if (!checked.ok) throw failed(checked.reason.message)
      const { results = [] } = checked.value
      const error = checked.value.error ?? results.find((result) => result.error !== undefined)?.error
      if (error !== undefined) throw failed(error)
      if (statements > 1 && results.length !== statements) throw failed(`${results.length} results of ${statements} statements`)
      return Array.from({ length: statements }, (_, index) => {
        const series = results[index]?.series ?? []
        return { series, cut: results[index]?.partial === true || series.some(({ partial }) => partial === true) }
      })
    })
  const answerOf = (selection: Selection, action: string, { series, cut } = nothing): SelectAnswer => {
    if (cut && selection.pick.type !== 'every')
      throw storeError('STORE_SERVER', { action, server: name, status: 200, detail: 'cut at max-row-limit, set it to 0' })
    return { rows: series.flatMap((one) => rowsOf(selection, one)), cut }
  }

  return {
    kind: 'influx1',
    name,
    async prepare() {
      const ping = await http.request({ action: 'ask for the version', method: 'GET', path: '/ping' })
      const { version } = ping
      if (ping.status >= 300) throw serverErrorOf({ action: 'ask for the version', server: name }, ping)
      if (version === undefined || !/^v?1\./.test(version))
        throw storeError('STORE_SERVER_VERSION', { server: name, current: version ?? 'of no told version', wanted: '1.x' })
      const action = `make database ${database}`
      await http.guard(action, () => influx.createDatabase(database).catch(explain({ action, server: name })))
      return { version }
    },
    async write(lines, precision) {
      const answer = await http.request({
        action: `write ${lines.length} points`,
        method: 'POST',
        path: '/write',
        query: { db: database, precision: precision === 'ns' ? 'n' : precision },
        body: lines.join('\n'),
        headers: { 'content-type': 'text/plain; charset=utf-8' }
      })
      return writeAnswerOf(answer, Date.now())
    },
    async select(selection) {
      if (selectsNothing(selection)) return { rows: [], cut: false }
      const action = `select ${selection.pick.type} of ${selection.measurement}`
      const [answered] = await query(action, influxqlSelection(selection), { wholeMs: selection.wholeMs === true })
      return answerOf(selection, action, answered)
    },
    async selectEach(selections) {
      const asked = selections.filter((selection) => !selectsNothing(selection))
      if (asked.length === 0) return selections.map(() => ({ rows: [], cut: false }))
      const action = `select ${asked.length} times of ${asked[0]?.measurement}`
      const found = await query(action, asked.map(influxqlSelection).join(';'), { statements: asked.length })
      const answers = new Map(asked.map((selection, index) => [selection, answerOf(selection, action, found[index])]))
      return selections.map((selection) => answers.get(selection) ?? { rows: [], cut: false })
    },
    async remove(deletion) {
      await query(`delete from ${deletion.measurement}`, influxqlDeletion(deletion))
    },
    close() {
      http.close()
      reads.close()
    }
  }
}

function createInfluxClient({ origin, database, username, password }: InfluxOptions, { agent, timeoutMs }: InfluxHttp): InfluxDB {
  const url = new URL(origin)
  const isTls = url.protocol === 'https:'
  return new InfluxDB({
    database,
    ...(username === undefined ? {} : { username, password: password ?? '' }),
    hosts: [
      {
        host: url.hostname.replaceAll(/^\[|\]$/g, ''),
        port: Number(url.port || (isTls ? 443 : 80)),
        protocol: isTls ? 'https' : 'http',
        options: { agent }
      }
    ],
    pool: { maxRetries: 0, requestTimeout: timeoutMs, backoff: noPause }
  })
}

const Refusal = compileValidator(Type.Object({ res: Type.Object({ statusCode: Type.Integer() }), message: Type.String() }))

/** The package's errors are of classes that it does not export: below 500 they hold the answer, from 500 on nothing but its status text. */
function explain(context: { readonly action: string; readonly server: string }) {
  return (error: unknown): never => {
    const refusal = Refusal.check(error)
    if (refusal.ok) throw serverErrorOf(context, { status: refusal.value.res.statusCode, body: refusal.value.message })
    if (error instanceof Error && error.constructor.name === 'ServiceNotAvailableError' && error.message !== 'Request timed out')
      throw serverErrorOf(context, { status: 500, body: error.message })
    throw error
  }
}

/** The columns are the time, the fields, then the tags that were asked for. */
function rowsOf({ fields, pick }: Selection, { tags = {}, values = [] }: Series): SelectedRow[] {
  const ofSeries = Object.fromEntries(Object.entries(tags).map(([tag, value]) => [tag, textOfTag(value)]))
  const asked = pick.type === 'every' ? pick.tags : []
  const fieldsEnd = 1 + (pick.type === 'count' ? 1 : fields.length)
  return values.map(([time, ...cells]) => {
    const own = asked.map((tag, at) => [tag, textOfTag(String(cells[fieldsEnd - 1 + at] ?? ''))])
    return {
      ...timeOf(time ?? null),
      tags: asked.length === 0 ? ofSeries : Object.fromEntries(own),
      values: cells.slice(0, fieldsEnd - 1).map((cell) => (typeof cell === 'string' ? textOfField(cell) : cell))
    }
  })
}

function timeOf(cell: Static<typeof Cell>): { timeMs: number; nanos: number } {
  if (typeof cell === 'number') return { timeMs: cell, nanos: 0 }
  return timeOfText(String(cell)) ?? { timeMs: NaN, nanos: 0 }
}
