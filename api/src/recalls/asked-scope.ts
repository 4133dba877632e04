/** What a recall is about, as keys or as a place in a period: told by codes, or taken from a warning or an anomaly. It freezes nothing. */
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { QueryTime } from '@tracegate/model/http'
import { keyKind } from '@tracegate/model/gs1/key'
import type { ScopeAsked } from '@tracegate/model/recall-parts'
import type { CaseStore } from '@tracegate/store/case-store'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import { rangeOf } from '../trace/ask.ts'

export const ScopeSource = Type.Object(
  {
    of: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), { minItems: 1, maxItems: 10_000 })),
    place: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048 })),
    from: Type.Optional(QueryTime),
    to: Type.Optional(QueryTime),
    warning: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    anomaly: Type.Optional(Type.String({ minLength: 1, maxLength: 256 }))
  },
  { additionalProperties: false }
)
export type ScopeSource = Static<typeof ScopeSource>

const Keys = Type.Array(Type.String())
const warnings = compileValidator(
  Type.Object({
    startMs: Type.Number(),
    untilMs: Type.Optional(Type.Number()),
    updatedAtMs: Type.Number(),
    place: Type.Optional(Type.String()),
    scope: Type.Object({
      exposed: Type.Array(Type.Object({ key: Type.String() })),
      lots: Keys,
      products: Keys,
      truncated: Type.Boolean()
    })
  })
)
const anomalies = compileValidator(
  Type.Object({
    place: Type.Optional(Type.String()),
    goods: Keys,
    onsetMs: Type.Number(),
    lastMs: Type.Number(),
    closedMs: Type.Optional(Type.Number())
  })
)

export async function askedScope(cases: CaseStore, source: ScopeSource): Promise<ScopeAsked> {
  if (source.warning !== undefined) return ofWarning(cases, source.warning)
  if (source.anomaly !== undefined) return ofAnomaly(cases, source.anomaly)
  const of = [...new Set((source.of ?? []).map(keyOfText))]
  for (const key of of) if (keyKind(key) === 'party') throw apiError('CODE_UNREADABLE', { code: key, reason: 'a party is no goods' })
  if (source.place === undefined) {
    if (of.length === 0) throw apiError('TRACE_NOTHING_ASKED')
    return { of }
  }
  if (source.from === undefined || source.to === undefined) throw apiError('TRACE_NOTHING_ASKED')
  return { of, place: { key: keyOfText(source.place), ...rangeOf({ from: source.from, to: source.to }) } }
}

/** The goods that it names one by one; the whole place and period where it names only the first of them. */
async function ofWarning(cases: CaseStore, id: string): Promise<ScopeAsked> {
  const read = warnings.check((await cases.head('warning', id))?.state)
  if (!read.ok) throw apiError('NOT_FOUND', { what: 'warning', id })
  const { scope, place, startMs, untilMs, updatedAtMs } = read.value
  const origin = `warning:${id}`
  const exposed = [...new Set(scope.exposed.map(({ key }) => key))]
  if (scope.truncated && place !== undefined)
    return { of: [], place: { key: place, fromMs: startMs, toMs: untilMs ?? updatedAtMs }, origin }
  const of = exposed.length > 0 ? exposed : scope.lots.length > 0 ? scope.lots : scope.products
  if (of.length === 0) throw apiError('TRACE_NOTHING_ASKED')
  return { of, origin }
}

async function ofAnomaly(cases: CaseStore, id: string): Promise<ScopeAsked> {
  const read = anomalies.check((await cases.head('anomaly', id))?.state)
  if (!read.ok) throw apiError('NOT_FOUND', { what: 'anomaly', id })
  const { goods, place, onsetMs, lastMs, closedMs } = read.value
  const origin = `anomaly:${id}`
  if (place !== undefined) return { of: goods, place: { key: place, fromMs: onsetMs, toMs: closedMs ?? lastMs }, origin }
  if (goods.length === 0) throw apiError('TRACE_NOTHING_ASKED')
  return { of: goods, origin }
}
