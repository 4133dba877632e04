/** What a scan means: an EPCIS ObjectEvent or AggregationEvent by the rule of the place where it happened. Pure; sends and stores nothing. */
import { Type, type Static } from 'typebox'
import type { Decoded } from './codec.ts'
import { checkEvent, type EpcisEvent } from './epcis/event.ts'
import { Action, BizStep, Disposition, Uri } from './epcis/schema-parts.ts'
import { keyKind } from './gs1/key.ts'
import { readScan } from './gs1/scan-data.ts'
import type { Scan } from './scan.ts'

export const scanModes = ['observe', 'pack', 'unpack', 'load', 'inspect'] as const
export type ScanMode = (typeof scanModes)[number]

/** What holds where a rule does not say (CBV 2.0 §7.1, §7.2). An observation alone tells nothing of a step or a state. */
export const scanDefaults: Readonly<Record<ScanMode, { readonly bizStep: string; readonly disposition?: string }>> = {
  observe: { bizStep: 'other' },
  pack: { bizStep: 'packing', disposition: 'in_progress' },
  unpack: { bizStep: 'unpacking', disposition: 'in_progress' },
  load: { bizStep: 'loading', disposition: 'in_transit' },
  inspect: { bizStep: 'inspecting', disposition: 'in_progress' }
}

/** The rule of one reader or of one of its antennas. */
export const ScanRule = Type.Object(
  {
    readPoint: Uri,
    bizLocation: Type.Optional(Uri),
    bizStep: Type.Optional(BizStep),
    disposition: Type.Optional(Disposition),
    action: Type.Optional(Action),
    mode: Type.Enum(scanModes, {
      description:
        'observe: every scan is an ObjectEvent; pack: the label of a logistic unit or asset takes in what was scanned before it; unpack: such a label releases all it holds; load: an asset (vehicle, container), or `parentID`, takes in goods and logistic units; inspect: goods are inspected, and a code of `results` scanned after them tells with what result'
    }),
    parentID: Type.Optional(
      Type.String({
        format: 'uri',
        maxLength: 4_096,
        description: 'Mode load: the vehicle or container that stands here; each scan is loaded into it at once'
      })
    ),
    results: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Disposition, {
        maxProperties: 64,
        description:
          'Mode inspect: disposition by the data of the code that the inspector scans after the goods, e.g. `{ PASS: conformant, FAIL: non_conformant }`'
      })
    )
  },
  {
    additionalProperties: false,
    description: 'What a scan at this place means; step and disposition follow the mode where they are left out'
  }
)
export type ScanRule = Static<typeof ScanRule>

export interface ScanContext {
  readonly point: string
  readonly device: string
  /** When the scan was taken, where the scan itself does not say. */
  readonly timeMs: number
  /** Offset of the place from UTC, e.g. `+08:00`; `+00:00` without it. */
  readonly timeZoneOffset?: string
  /** Modes pack, load and inspect: the keys scanned since the last label or result, oldest first. */
  readonly pending?: readonly string[]
  /** What the reader said beyond the scan's own members, by name: extension members with the prefix `tracegate:`. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** Where the prefix `tracegate:` of extension members leads. */
export const tracegateNamespace = 'https://tracegate.dev/epcis/'

/**
 * Makes the event of one scan. What has to be kept for the label or result to come says `scanMemory`. Refused with a reason: a code that
 * cannot be read, one that names no GS1 key, a label or result with nothing before it.
 */
export function scanToEvent(scan: Scan, rule: ScanRule, context: ScanContext): Decoded<EpcisEvent> {
  const result = resultOf(scan, rule)
  if (result !== undefined) return inspected(scan, { rule, context, disposition: result })
  const read = readScan(scan.symbology, scan.data)
  if (!read.ok) return read
  const { key } = read.value
  if (key === undefined) {
    const message = `scan is "${scan.symbology} ${scan.data.slice(0, 64)}", expected a code that names a GS1 key`
    return { ok: false, reason: { code: 'SCAN_NO_KEY', pointer: '/data', message } }
  }
  const pending = context.pending ?? []
  const closes = isParent(key, rule.mode)
  if (closes && (rule.mode === 'pack' || (rule.mode === 'load' && rule.parentID === undefined)) && pending.length === 0) {
    const message = `label is ${key} with nothing scanned before it, expected goods to ${rule.mode}`
    return {
      ok: false,
      reason: { code: rule.mode === 'pack' ? 'SCAN_NOTHING_TO_PACK' : 'SCAN_NOTHING_TO_LOAD', pointer: '/data', message }
    }
  }
  if (rule.mode === 'load' && rule.parentID !== undefined && key !== rule.parentID)
    return made(scan, { rule, context, subject: aggregated(rule.parentID, 'ADD', [key]), about: key })
  const subject =
    closes && rule.mode === 'unpack' ? aggregated(key, 'DELETE', []) : closes ? aggregated(key, 'ADD', pending) : observed([key], rule)
  return made(scan, { rule, context, subject, about: key })
}

export type ScanMemory =
  | { readonly type: 'none' }
  | { readonly type: 'keep'; readonly keys: readonly string[] }
  | { readonly type: 'clear' }

/** What the event of a scan means for the keys that wait: its goods wait too, or it was what they waited for. */
export function scanMemory(scan: Scan, rule: ScanRule, event: EpcisEvent): ScanMemory {
  if (resultOf(scan, rule) !== undefined) return { type: 'clear' }
  const waits =
    rule.mode === 'pack' || (rule.mode === 'load' && rule.parentID === undefined) || (rule.mode === 'inspect' && rule.results !== undefined)
  if (!waits) return { type: 'none' }
  if (event.type === 'AggregationEvent') return { type: 'clear' }
  if (event.type !== 'ObjectEvent') return { type: 'none' }
  return { type: 'keep', keys: [...(event.epcList ?? []), ...(event.quantityList ?? []).map(({ epcClass }) => epcClass)] }
}

/** The disposition that a code of the inspector stands for. */
function resultOf(scan: Scan, rule: ScanRule): string | undefined {
  return rule.mode === 'inspect' && rule.results !== undefined && Object.hasOwn(rule.results, scan.data)
    ? rule.results[scan.data]
    : undefined
}

/** What takes goods in or gives them out: a pallet is goods for the vehicle that it is loaded into. */
function isParent(key: string, mode: ScanMode): boolean {
  const kind = keyKind(key)
  if (mode === 'load') return kind === 'asset'
  return (mode === 'pack' || mode === 'unpack') && (kind === 'logistic' || kind === 'asset')
}

function inspected(
  scan: Scan,
  { rule, context, disposition }: { readonly rule: ScanRule; readonly context: ScanContext; readonly disposition: string }
): Decoded<EpcisEvent> {
  const keys = [...new Set(context.pending)]
  if (keys.length === 0) {
    const message = `result is "${scan.data.slice(0, 64)}" with nothing scanned before it, expected goods that were inspected`
    return { ok: false, reason: { code: 'SCAN_NOTHING_TO_INSPECT', pointer: '/data', message } }
  }
  return made(scan, { rule: { ...rule, disposition }, context, subject: observed(keys, rule), about: keys.join(', ').slice(0, 128) })
}

interface Making {
  readonly rule: ScanRule
  readonly context: ScanContext
  readonly subject: object
  /** For the message, if it comes to nothing. */
  readonly about: string
}

function made(scan: Scan, { rule, context, subject, about }: Making): Decoded<EpcisEvent> {
  const checked = checkEvent({ ...head(scan, context), ...subject, ...place(rule), ...raw(scan, context) })
  if (checked.ok) return { ok: true, value: checked.event }
  const [reason] = checked.findings
  return { ok: false, reason: reason ?? { code: 'SCAN_EVENT_INVALID', pointer: '', message: `scan of ${about} gives no valid event` } }
}

function head(scan: Scan, context: ScanContext): object {
  return {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { tracegate: tracegateNamespace }],
    eventTime: new Date(scan.timeMs ?? context.timeMs).toISOString(),
    eventTimeZoneOffset: context.timeZoneOffset ?? '+00:00'
  }
}

function observed(keys: readonly string[], rule: ScanRule): object {
  return { type: 'ObjectEvent', ...goods(keys, { items: 'epcList', classes: 'quantityList' }), action: rule.action ?? 'OBSERVE' }
}

function aggregated(parentID: string, action: 'ADD' | 'DELETE', keys: readonly string[]): object {
  const children = [...new Set(keys)]
  return { type: 'AggregationEvent', parentID, ...goods(children, { items: 'childEPCs', classes: 'childQuantityList' }), action }
}

/** Items go into the list of EPCs, products and lots into the list of classes. */
function goods(keys: readonly string[], names: { readonly items: string; readonly classes: string }): object {
  const isClass = (key: string) => keyKind(key) === 'product' || keyKind(key) === 'lot'
  const classes = keys.filter(isClass).map((epcClass) => ({ epcClass }))
  const items = keys.filter((key) => !isClass(key))
  return {
    ...(items.length > 0 ? { [names.items]: items } : {}),
    ...(classes.length > 0 ? { [names.classes]: classes } : {})
  }
}

function place(rule: ScanRule): object {
  const { bizStep, disposition } = { ...scanDefaults[rule.mode], ...given({ bizStep: rule.bizStep, disposition: rule.disposition }) }
  return {
    bizStep,
    ...(disposition === undefined ? {} : { disposition }),
    readPoint: { id: rule.readPoint },
    ...(rule.bizLocation === undefined ? {} : { bizLocation: { id: rule.bizLocation } })
  }
}

function raw(scan: Scan, context: ScanContext): object {
  const details = Object.entries(context.details ?? {}).map(([name, value]) => [`tracegate:${name}`, value] as const)
  return {
    ...Object.fromEntries(details),
    'tracegate:point': context.point,
    'tracegate:device': context.device,
    'tracegate:symbology': scan.symbology,
    'tracegate:data': scan.data,
    ...(scan.antenna === undefined ? {} : { 'tracegate:antenna': scan.antenna }),
    ...(scan.signalDbm === undefined ? {} : { 'tracegate:signalDbm': scan.signalDbm }),
    ...(scan.direction === undefined ? {} : { 'tracegate:direction': scan.direction }),
    ...(scan.grade === undefined ? {} : { 'tracegate:grade': scan.grade })
  }
}

/** Without the members that have no value. */
function given(members: { readonly bizStep: string | undefined; readonly disposition: string | undefined }): {
  readonly bizStep?: string
  readonly disposition?: string
} {
  const { bizStep, disposition } = members
  return { ...(bizStep === undefined ? {} : { bizStep }), ...(disposition === undefined ? {} : { disposition }) }
}
