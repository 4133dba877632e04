/** Short-hand for the trace suite: goods, places and events of a small world. Test data only. */
import type { Action, EpcisEventType, TraceEvent, TraceSubject } from '@tracegate/model/trace-event'

export const startMs = Date.UTC(2026, 0, 1)
const gtin = '09506000134352'

export const item = (serial: string | number): string => `https://id.gs1.org/01/${gtin}/21/${serial}`
export const lot = (name: string): string => `https://id.gs1.org/01/${gtin}/10/${name}`
export const pallet = (serial: number): string => `https://id.gs1.org/00/${String(serial).padStart(18, '0')}`
export const place = (gln: number, extension?: string): string =>
  `https://id.gs1.org/414/${String(gln).padStart(13, '0')}${extension === undefined ? '' : `/254/${extension}`}`
export const party = (gln: number): string => `https://id.gs1.org/417/${String(gln).padStart(13, '0')}`

interface Quantified {
  readonly key: string
  readonly quantity?: number
  readonly uom?: string
}
type Goods = string | Quantified

interface EventOptions {
  readonly id: string
  /** Minutes after `startMs`. */
  readonly at: number
  readonly recordMs?: number
  readonly action?: Action
  readonly bizStep?: string
  readonly disposition?: string
  readonly readPoint?: string
  readonly bizLocation?: string
  readonly objects?: readonly Goods[]
  readonly parent?: string
  readonly children?: readonly Goods[]
  readonly inputs?: readonly Goods[]
  readonly outputs?: readonly Goods[]
  readonly transformationID?: string
  readonly to?: string
  /** Business transactions that the event names. */
  readonly transactions?: readonly string[]
  /** The lot that the event tells of its items. */
  readonly ofLot?: string
  readonly declaredAt?: number
}

export function event(options: EventOptions): TraceEvent {
  const subjects = [
    ...(options.parent === undefined ? [] : subjectsOf('parent', [options.parent])),
    ...subjectsOf('object', options.objects),
    ...subjectsOf('child', options.children),
    ...subjectsOf('input', options.inputs),
    ...subjectsOf('output', options.outputs)
  ].map((subject) => (options.ofLot === undefined || subject.kind !== 'item' ? subject : { ...subject, lot: options.ofLot }))
  const type = typeOf(options)
  const eventTimeMs = startMs + options.at * 60_000
  return {
    eventID: options.id,
    type,
    ...(type === 'TransformationEvent' ? {} : { action: options.action ?? 'OBSERVE' }),
    eventTimeMs,
    recordTimeMs: options.recordMs ?? eventTimeMs + 1_000,
    timeZoneOffset: '+08:00',
    ...pick(options, ['bizStep', 'disposition', 'readPoint', 'bizLocation', 'transformationID']),
    subjects,
    sources: [],
    destinations: options.to === undefined ? [] : [{ type: 'possessing_party', key: options.to }],
    bizTransactions: (options.transactions ?? []).map((id) => ({ type: 'desadv', id })),
    ...(options.declaredAt === undefined
      ? {}
      : {
          errorDeclaration: { declarationTimeMs: startMs + options.declaredAt * 60_000, reason: 'did_not_occur', correctiveEventIDs: [] }
        }),
    json: JSON.stringify({
      type,
      eventID: options.id,
      eventTime: new Date(eventTimeMs).toISOString(),
      ...(options.declaredAt === undefined ? {} : { errorDeclaration: { declarationTime: options.declaredAt } }),
      note: 'läuft 正常 ✓'
    })
  }
}

function typeOf(options: EventOptions): EpcisEventType {
  if (options.parent !== undefined) return 'AggregationEvent'
  return options.inputs !== undefined || options.outputs !== undefined ? 'TransformationEvent' : 'ObjectEvent'
}

function pick<Name extends keyof EventOptions>(options: EventOptions, names: readonly Name[]): Partial<Pick<EventOptions, Name>> {
  const picked: Partial<Pick<EventOptions, Name>> = {}
  for (const name of names) if (options[name] !== undefined) picked[name] = options[name]
  return picked
}

function subjectsOf(role: TraceSubject['role'], goods: readonly Goods[] = []): TraceSubject[] {
  return goods.map((entry) => {
    const { key, ...quantity }: Quantified = typeof entry === 'string' ? { key: entry } : entry
    const kind = key.includes('/00/') ? 'logistic' : key.includes('/10/') ? 'lot' : 'item'
    return { key, kind, role, ...quantity }
  })
}
