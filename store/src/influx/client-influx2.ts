/** The driver for InfluxDB 2.x: Flux through the query API of InfluxData's client, everything else by its transport. */
import type { FluxTableMetaData } from '@influxdata/influxdb-client'
import { compileValidator } from '@tracegate/model/codec'
import { Type } from 'typebox'
import { storeError } from '../errors.ts'
import type { InfluxDatabase, InfluxOptions } from './client.ts'
import { createInfluxHttp, nameOf, serverErrorOf, type HttpRequest, type InfluxHttp } from './client-http.ts'
import { fluxLiteral, fluxSelection } from './flux.ts'
import { timeOfText } from './influxql.ts'
import { tagValueOf, textOfField, textOfTag } from './line-protocol.ts'
import { selectsNothing, type InfluxValue, type SelectedRow, type Selection, type TimeSpan } from './selection.ts'
import { writeAnswerOf } from './write-answer.ts'

const Named = Type.Object({ id: Type.String(), name: Type.String() })
const Organizations = compileValidator(Type.Object({ orgs: Type.Optional(Type.Array(Named)) }))
const Buckets = compileValidator(Type.Object({ buckets: Type.Optional(Type.Array(Named)) }))

export function createInflux2Database(options: InfluxOptions): InfluxDatabase {
  const http = createInfluxHttp(options)
  // Of its own, so that no write waits for a connection behind slow questions.
  const reads = createInfluxHttp(options)
  const name = nameOf(options)
  const { database: bucket, organization: org = '' } = options
  const queries = reads.client.getQueryApi({ org, gzip: true })

  return {
    kind: 'influx2',
    name,
    async prepare() {
      const version = await askVersion(http, name, /^v?2\./, '2.x')
      await makeBucket(http, { name, org, bucket })
      return { version }
    },
    async write(lines, precision) {
      const answer = await http.request({
        action: `write ${lines.length} points`,
        method: 'POST',
        path: '/api/v2/write',
        query: { org, bucket, precision },
        body: lines.join('\n'),
        headers: { 'content-type': 'text/plain; charset=utf-8' }
      })
      return writeAnswerOf(answer, Date.now())
    },
    async select(selection) {
      if (selectsNothing(selection)) return { rows: [], cut: false }
      const found = await reads.guard(`select ${selection.pick.type} of ${selection.measurement}`, () =>
        queries.collectRows<FluxRow>(fluxSelection(bucket, selection), (values, meta) => ({ values, meta }))
      )
      const rows = selection.pick.type === 'every' ? found.map((row) => pivotedRowOf(selection, row)) : seriesRowsOf(selection, found)
      return { rows, cut: false }
    },
    async remove({ measurement, tags, span }) {
      const conditions = [['_measurement', measurement], ...Object.entries(tags).map(([tag, value]) => [tag, tagValueOf(value)])]
      const predicate = conditions.map(([tag = '', value = '']) => `${tag}=${fluxLiteral(value)}`).join(' AND ')
      const request: HttpRequest = {
        action: `delete from ${measurement}`,
        method: 'POST',
        path: '/api/v2/delete',
        query: { org, bucket },
        body: JSON.stringify({ ...rfc3339Of(span), predicate }),
        headers: { 'content-type': 'application/json' }
      }
      const answer = await http.request(request)
      if (answer.status >= 300) throw serverErrorOf({ action: request.action, server: name }, answer)
    },
    close() {
      http.close()
      reads.close()
    }
  }
}

/** Of 2.x and 3.x; rejects with `STORE_SERVER_VERSION` when the server is another. */
export async function askVersion(http: InfluxHttp, server: string, wanted: RegExp, wantedName: string): Promise<string> {
  const action = 'ask for the version'
  const answer = await http.request({ action, method: 'GET', path: '/ping' })
  if (answer.status >= 300) throw serverErrorOf({ action, server }, answer)
  const version = answer.version ?? /"version"\s*:\s*"([^"]+)"/.exec(answer.body)?.[1]
  if (version === undefined || !wanted.test(version))
    throw storeError('STORE_SERVER_VERSION', { server, current: version ?? 'of no told version', wanted: wantedName })
  return version
}

async function makeBucket(
  http: InfluxHttp,
  where: { readonly name: string; readonly org: string; readonly bucket: string }
): Promise<void> {
  const { name: server, org, bucket } = where
  const action = `look up bucket ${bucket}`
  const found = await http.request({ action, method: 'GET', path: '/api/v2/buckets', query: { org, name: bucket } })
  // 404 tells that the organization has no such bucket, or that there is no such organization.
  if (found.status >= 300 && found.status !== 404) throw serverErrorOf({ action, server }, found)
  const buckets = Buckets.check(parsed(found.body))
  if (found.status < 300 && buckets.ok && (buckets.value.buckets ?? []).some(({ name }) => name === bucket)) return
  const asked = await http.request({ action: `look up organization ${org}`, method: 'GET', path: '/api/v2/orgs', query: { org } })
  const organizations = Organizations.check(parsed(asked.body))
  const organization = organizations.ok ? organizations.value.orgs?.find(({ name }) => name === org) : undefined
  if (asked.status >= 300 || organization === undefined) throw serverErrorOf({ action: `look up organization ${org}`, server }, asked)
  const made = await http.request({
    action: `make bucket ${bucket}`,
    method: 'POST',
    path: '/api/v2/buckets',
    body: JSON.stringify({ orgID: organization.id, name: bucket, retentionRules: [] }),
    headers: { 'content-type': 'application/json' }
  })
  if (made.status >= 300) throw serverErrorOf({ action: `make bucket ${bucket}`, server }, made)
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface FluxRow {
  readonly values: readonly string[]
  readonly meta: FluxTableMetaData
}

/** The deletion API takes times as text and both ends as included. */
function rfc3339Of({ fromNanos, toNanos }: TimeSpan): { start: string; stop: string } {
  const text = (nanos: string): string => {
    const padded = nanos.padStart(10, '0')
    return new Date(Number(padded.slice(0, -9)) * 1_000).toISOString().replace('000Z', `${padded.slice(-9)}Z`)
  }
  return { start: text(fromNanos), stop: text(toNanos) }
}

function cellOf({ values, meta }: FluxRow, label: string): InfluxValue | null {
  const column = meta.columns.find((one) => one.label === label)
  const text = column === undefined ? '' : (values[column.index] ?? '')
  // In CSV an empty text and none look the same; no empty one is written.
  if (column === undefined || text === '') return null
  switch (column.dataType) {
    case 'double':
    case 'long':
    case 'unsignedLong':
      return Number(text)
    case 'boolean':
      return text === 'true'
    default:
      return textOfField(text)
  }
}

function timeOf(row: FluxRow): { timeMs: number; nanos: number } {
  return timeOfText(String(cellOf(row, '_time') ?? '')) ?? { timeMs: 0, nanos: 0 }
}

function pivotedRowOf({ fields, pick }: Selection, row: FluxRow): SelectedRow {
  const tags = pick.type === 'every' ? pick.tags : []
  return {
    ...timeOf(row),
    tags: Object.fromEntries(tags.map((tag) => [tag, textOfTag(String(cellOf(row, tag) ?? ''))])),
    values: fields.map((field) => cellOf(row, field))
  }
}

const notTags = new Set(['', 'result', 'table', '_start', '_stop', '_time', '_value', '_field', '_measurement'])

function tagsOf({ values, meta }: FluxRow): Record<string, string> {
  const tags = meta.columns.filter(({ label }) => !notTags.has(label))
  return Object.fromEntries(tags.map(({ label, index }) => [label, textOfTag(values[index] ?? '')]))
}

/** One row a series out of one row a series and field; what another field said at another time is not of this point. */
function seriesRowsOf({ fields, pick }: Selection, found: readonly FluxRow[]): SelectedRow[] {
  const [anchor] = fields
  const bySeries = new Map<string, { anchor?: FluxRow; readonly others: Map<string, FluxRow> }>()
  for (const row of found) {
    const key = JSON.stringify(Object.entries(tagsOf(row)).sort(([left], [right]) => (left < right ? -1 : 1)))
    const entry = bySeries.get(key) ?? { others: new Map<string, FluxRow>() }
    const field = String(cellOf(row, '_field') ?? '')
    if (field === anchor) entry.anchor = row
    else entry.others.set(field, row)
    bySeries.set(key, entry)
  }
  return [...bySeries.values()].flatMap(({ anchor: row, others }) => {
    if (row === undefined) return []
    const time = String(cellOf(row, '_time') ?? '')
    const valueOf = (field: string): InfluxValue | null => {
      const of = field === anchor ? row : others.get(field)
      return of === undefined || String(cellOf(of, '_time') ?? '') !== time ? null : cellOf(of, '_value')
    }
    return [{ ...timeOf(row), tags: tagsOf(row), values: (pick.type === 'count' ? [anchor] : fields).map(valueOf) }]
  })
}
