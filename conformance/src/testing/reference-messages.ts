/** What the reference device says: its birth, death, telemetry, scans and events, right or with one flaw in them. */
import { encodeCbor } from '@tracegate/model/cbor'
import type { TimeQuality } from '@tracegate/model/wire'
import type { Flaw } from './flaws.ts'

export interface Moment {
  readonly boot: string
  readonly timeMs: number
  readonly timeQuality: TimeQuality
}

export type Draft = { readonly channel: 'telemetry' | 'scan' | 'event'; readonly value: Record<string, unknown> }

const eventTime = (timeMs: number) => new Date(Math.max(0, timeMs)).toISOString()

export function birthOf(
  at: Moment,
  options: { readonly flaw: Flaw | undefined; readonly intervalMs: number; readonly births: number }
): object {
  const { flaw, intervalMs, births } = options
  const capabilities = ['telemetry', 'scan', 'event', 'command'].filter((name) => flaw !== 'undeclared-capability' || name !== 'scan')
  return {
    v: 1,
    online: true,
    ...at,
    identity: {
      manufacturer: 'Reference',
      model: 'R-1',
      serialNumber: flaw === 'serial-number-changes' ? `S-${births}` : 'S-1',
      firmware: '1.0.0'
    },
    capabilities,
    metrics: [
      { metric: 'temperature', unit: flaw === 'declared-other-unit' ? 'K' : 'Cel', min: -50, max: 80, intervalMs },
      { metric: 'humidity', unit: '%', intervalMs }
    ]
  }
}

/** The content of message `seq`. */
export function draftOf(channel: Draft['channel'], seq: number, at: Moment, flaw: Flaw | undefined): Draft {
  const head = { v: flaw === 'version-2' ? 2 : 1, boot: at.boot, seq, timeMs: at.timeMs, timeQuality: at.timeQuality }
  if (channel === 'scan') return { channel, value: { ...head, scans: [labelOf(flaw), tagOf(flaw)] } }
  if (channel === 'event') return { channel, value: { ...head, epcis: eventOf(at, flaw) } }
  const value: Record<string, unknown> = { ...head, readings: readingsOf(seq, flaw) }
  if (flaw === 'extra-member') value.battery = 97
  if (flaw === 'missing-member') delete value.timeQuality
  return { channel, value }
}

function readingsOf(seq: number, flaw: Flaw | undefined): object[] {
  const temperature = { metric: 'temperature', value: -18 + (seq % 10) / 10, unit: 'Cel', quality: 2 }
  const humidity = { metric: 'humidity', value: 60, unit: '%', quality: 2 }
  const wrong: Partial<Record<Flaw, object[]>> = {
    'undeclared-metric': [temperature, humidity, { metric: 'pressure', value: 1, unit: 'bar', quality: 2 }],
    'unit-changes': [seq > 12 ? { ...temperature, unit: 'K', value: 50 } : temperature, humidity],
    'unit-not-ucum': [temperature, { ...humidity, unit: '°' }],
    'nan-as-string': [{ ...temperature, value: 'NaN' }, humidity],
    'value-with-quality-9': [{ ...temperature, quality: 9 }, humidity],
    'null-with-quality-1': [{ ...temperature, value: null, quality: 1 }, humidity],
    'quality-5': [{ ...temperature, quality: 5 }, humidity],
    'out-of-range': [{ ...temperature, value: 850 }, humidity]
  }
  return (flaw === undefined ? undefined : wrong[flaw]) ?? [temperature, humidity]
}

function labelOf(flaw: Flaw | undefined): object {
  const data = '010952123454321310LOT7\u001d21SER1'
  const wrong: Partial<Record<Flaw, object>> = {
    'symbology-name': { symbology: 'GS1-128', data },
    brackets: { symbology: ']C1', data: '(01)09521234543213(10)LOT7(21)SER1' },
    'fnc1-written': { symbology: ']C1', data: data.replace('\u001d', '<GS>') },
    'wrong-check-digit': { symbology: ']C1', data: data.replace('0109521234543213', '0109521234543219') }
  }
  return (flaw === undefined ? undefined : wrong[flaw]) ?? { symbology: ']C1', data, direction: 'in', grade: 3.5 }
}

/** An SGTIN-96. */
const tag = '3074257bf7194e4000001a85'

function tagOf(flaw: Flaw | undefined): object {
  if (flaw === 'odd-hex') return { symbology: 'epc', data: tag.slice(1) }
  if (flaw === 'epc-with-control-word') return { symbology: 'epc', data: `3000${tag}` }
  return { symbology: 'epc', data: tag, antenna: 1, signalDbm: -52 }
}

function eventOf(at: Moment, flaw: Flaw | undefined): object {
  const gtin = flaw === 'wrong-check-digit-in-event' ? '09521234543219' : '09521234543213'
  return {
    type: 'ObjectEvent',
    eventTime: eventTime(at.timeMs),
    eventTimeZoneOffset: '+00:00',
    epcList: [`https://id.gs1.org/01/${gtin}/21/SER1`],
    action: flaw === 'invalid-event' ? 'LOOK' : 'OBSERVE',
    bizStep: 'arriving'
  }
}

/** The bytes of a message, in JSON or CBOR. */
export function bytesOf(value: object, encoding: 'json' | 'cbor', flaw: Flaw | undefined): Buffer {
  if (flaw === 'not-json') return Buffer.from(JSON.stringify(value).replaceAll('"', "'"))
  if (flaw === 'nan-in-cbor')
    return Buffer.from(encodeCbor({ ...value, readings: [{ metric: 'temperature', value: Number.NaN, unit: 'Cel', quality: 2 }] }))
  if (flaw === 'payload-too-large') return Buffer.from(JSON.stringify(value) + ' '.repeat(262_144))
  return Buffer.from(encoding === 'cbor' ? encodeCbor(value) : JSON.stringify(value))
}
