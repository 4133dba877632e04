/** What a scan means: an EPCIS ObjectEvent or AggregationEvent by the rule of the place where it happened. Pure; sends and stores nothing. */
import { Type, type Static } from 'typebox'
import type { Decoded } from './codec.ts'
import { checkEvent, type EpcisEvent } from './epcis/event.ts'
import { Action, BizStep, Disposition, Uri } from './epcis/schema-parts.ts'
import { keyKind } from './gs1/key.ts'
import { readScan } from './gs1/scan-data.ts'
import type { Scan } from './scan.ts'

export const scanModes = ['observe', 'pack', 'unpack'] as const
export type ScanMode = (typeof scanModes)[number]

/** The rule of one reader or of one of its antennas. */
export const ScanRule = Type.Object(
  {
    readPoint: Uri,
    bizLocation: Type.Optional(Uri),
    bizStep: BizStep,
    disposition: Type.Optional(Disposition),
    action: Action,
    mode: Type.Enum(scanModes, {
      description:
        'observe: every scan is an ObjectEvent; pack: the label of a logistic unit or asset takes in what was scanned before it; unpack: such a label releases all it holds'
    })
  },
  { additionalProperties: false, description: 'What a scan at this place means' }
)
export type ScanRule = Static<typeof ScanRule>

export interface ScanContext {
  readonly point: string
  readonly device: string
  /** When the scan was taken, where the scan itself does not say. */
  readonly timeMs: number
  /** Offset of the place from UTC, e.g. `+08:00`; `+00:00` without it. */
  readonly timeZoneOffset?: string
  /** Mode pack: the keys of the goods scanned since the last label, oldest first. */
  readonly pending?: readonly string[]
  /** What the reader said beyond the scan's own members, by name: extension members with the prefix `tracegate:`. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** Where the prefix `tracegate:` of extension members leads. */
export const tracegateNamespace = 'https://tracegate.dev/epcis/'

/**
 * Makes the event of one scan. In mode pack goods give an ObjectEvent, and the caller keeps their key for the label to come.
 * Refused with a reason: a code that cannot be read, one that names no GS1 key, a label in mode pack with nothing before it.
 */
export function scanToEvent(scan: Scan, rule: ScanRule, context: ScanContext): Decoded<EpcisEvent> {
  const read = readScan(scan.symbology, scan.data)
  if (!read.ok) return read
  const { key } = read.value
  if (key === undefined) {
    const message = `scan is "${scan.symbology} ${scan.data.slice(0, 64)}", expected a code that names a GS1 key`
    return { ok: false, reason: { code: 'SCAN_NO_KEY', pointer: '/data', message } }
  }
  const kind = keyKind(key)
  const isLabel = kind === 'logistic' || kind === 'asset'
  if (isLabel && rule.mode === 'pack' && (context.pending ?? []).length === 0) {
    const message = `label is ${key} with nothing scanned before it, expected goods to pack`
    return { ok: false, reason: { code: 'SCAN_NOTHING_TO_PACK', pointer: '/data', message } }
  }
  const subject = isLabel && rule.mode !== 'observe' ? packed(key, rule.mode, context) : observed(key, rule)
  const checked = checkEvent({ ...head(scan, context), ...subject, ...place(rule), ...raw(scan, context) })
  if (checked.ok) return { ok: true, value: checked.event }
  const [reason] = checked.findings
  return { ok: false, reason: reason ?? { code: 'SCAN_EVENT_INVALID', pointer: '', message: `scan of ${key} gives no valid event` } }
}

function head(scan: Scan, context: ScanContext): object {
  return {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { tracegate: tracegateNamespace }],
    eventTime: new Date(scan.timeMs ?? context.timeMs).toISOString(),
    eventTimeZoneOffset: context.timeZoneOffset ?? '+00:00'
  }
}

function observed(key: string, rule: ScanRule): object {
  return { type: 'ObjectEvent', ...goods([key], { items: 'epcList', classes: 'quantityList' }), action: rule.action }
}

function packed(parentID: string, mode: 'pack' | 'unpack', context: ScanContext): object {
  if (mode === 'unpack') return { type: 'AggregationEvent', parentID, action: 'DELETE' }
  const children = [...new Set(context.pending)]
  return { type: 'AggregationEvent', parentID, ...goods(children, { items: 'childEPCs', classes: 'childQuantityList' }), action: 'ADD' }
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
  return {
    bizStep: rule.bizStep,
    ...(rule.disposition === undefined ? {} : { disposition: rule.disposition }),
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
