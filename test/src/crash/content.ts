/**
 * What item number n of a lane says. The device writes it and the judge reads it back, so both take it from here; only the time
 * is the device's own and is kept in its buffer. Pure.
 */

export const point = 'p1'
export const agent = 'edge-1'

/** native: `tg/v1` straight to the platform's broker. field: the device's own dialect to the site's broker, and on through the edge. */
export const lanes = ['native', 'field'] as const
export type LaneName = (typeof lanes)[number]

export const deviceOf = (lane: LaneName): string => `${lane}-1`

/** Metrics in each message of readings. */
export const metrics = ['m0', 'm1', 'm2', 'm3'] as const
export const unit = '1'

/** Every so many items one is an event (native) or a scan (field). */
const eventEvery = 8
const gtin = '09521234543213'

export const isEvent = (n: number): boolean => n % eventEvery === eventEvery - 1

/** Differs for every item and metric. */
export const valueOf = (n: number, metric: number): number => n * metrics.length + metric

const serialOf = (lane: LaneName, n: number): string => `${lane === 'native' ? 'N' : 'F'}${n}`

/** The key that the goods of an event are known by in the trace store. */
export const keyOf = (lane: LaneName, n: number): string => `https://id.gs1.org/01/${gtin}/21/${serialOf(lane, n)}`

export interface NativeItem {
  readonly n: number
  readonly boot: string
  readonly seq: number
  readonly timeMs: number
}

export function nativeMessage({ n, boot, seq, timeMs }: NativeItem): { readonly topic: string; readonly payload: string } {
  const head = { v: 1, boot, seq, timeMs, timeQuality: 'unknown' }
  const body = isEvent(n)
    ? { epcis: epcisOf(n, timeMs) }
    : { readings: metrics.map((metric, index) => ({ metric, value: valueOf(n, index), unit, quality: 1 })) }
  return {
    topic: `tg/v1/${point}/${deviceOf('native')}/${isEvent(n) ? 'event' : 'telemetry'}`,
    payload: JSON.stringify({ ...head, ...body })
  }
}

function epcisOf(n: number, timeMs: number): object {
  return {
    '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
    type: 'ObjectEvent',
    eventID: `urn:tracegate:crash:${deviceOf('native')}:${n}`,
    eventTime: new Date(timeMs).toISOString(),
    eventTimeZoneOffset: '+00:00',
    epcList: [keyOf('native', n)],
    action: 'OBSERVE',
    bizStep: 'inspecting'
  }
}

export function fieldMessage({ n, timeMs }: { readonly n: number; readonly timeMs: number }): {
  readonly topic: string
  readonly payload: string
} {
  const body = isEvent(n)
    ? { symbology: ']d2', data: `01${gtin}21${serialOf('field', n)}` }
    : Object.fromEntries(metrics.map((metric, index) => [metric, valueOf(n, index)]))
  return { topic: `site/${deviceOf('field')}/${isEvent(n) ? 'scan' : 'up'}`, payload: JSON.stringify({ at: timeMs, ...body }) }
}

/** The source of the edge that understands `fieldMessage`. */
export function fieldSource(url: string): object {
  const time = { path: '/at', format: 'epochMs' }
  return {
    type: 'mqtt',
    url,
    subscriptions: [
      {
        topic: 'site/{device}/up',
        format: { type: 'json', readings: metrics.map((metric) => ({ path: `/${metric}`, metric, unit })), time }
      },
      {
        topic: 'site/{device}/scan',
        format: {
          type: 'scan',
          dataPath: '/data',
          symbologyPath: '/symbology',
          time,
          rule: { readPoint: 'https://id.gs1.org/414/9506000134338', bizStep: 'inspecting', action: 'OBSERVE', mode: 'observe' }
        }
      }
    ]
  }
}
