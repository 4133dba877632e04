/** One right message for each channel: shown in the contract, published in the AsyncAPI document, checked against the schemas. */
import type { JudgedChannel } from './judge-payload.ts'
import { objectEvent, type PlainObject } from './vectors/message-parts.ts'

interface Example {
  readonly channel: JudgedChannel
  readonly message: PlainObject
}

const boot = 'b-20261123-01'
const timeMs = 1_795_458_600_000
const timeQuality = 'synchronized'

export const examples = {
  birth: {
    channel: 'state',
    message: {
      v: 1,
      online: true,
      boot,
      timeMs,
      timeQuality,
      identity: { manufacturer: 'Example Instruments', model: 'TH-2', serialNumber: 'S-0001', firmware: '1.4.0' },
      capabilities: ['telemetry', 'command'],
      metrics: [{ metric: 'temperature', unit: 'Cel', min: -40, max: 85, accuracy: 0.2, intervalMs: 60_000 }]
    }
  },
  death: { channel: 'state', message: { v: 1, online: false, boot } },
  telemetry: {
    channel: 'telemetry',
    message: { v: 1, boot, seq: 42, timeMs, timeQuality, readings: [{ metric: 'temperature', value: -18.4, unit: 'Cel', quality: 2 }] }
  },
  missing: {
    channel: 'telemetry',
    message: { v: 1, boot, seq: 43, timeMs, timeQuality, readings: [{ metric: 'temperature', value: null, unit: 'Cel', quality: 9 }] }
  },
  dropped: {
    channel: 'telemetry',
    message: { v: 1, boot, seq: 17, timeMs, timeQuality, readings: [{ metric: 'edge.droppedReadings', value: 120, unit: '1', quality: 1 }] }
  },
  scan: {
    channel: 'scan',
    message: {
      v: 1,
      boot,
      seq: 44,
      timeMs,
      timeQuality,
      scans: [
        { symbology: ']d2', data: '010952123454321310L1\u001d21A1', grade: 3.5 },
        { symbology: 'epc', data: '3074257BF7194E4000001A85', antenna: 1, signalDbm: -58, direction: 'in' }
      ]
    }
  },
  event: { channel: 'event', message: { v: 1, boot, seq: 45, timeMs, timeQuality, epcis: objectEvent } },
  committed: { channel: 'committed', message: { v: 1, boot, upTo: 42 } },
  command: {
    channel: 'command',
    message: {
      v: 1,
      id: 'o-17',
      name: 'setInterval',
      issuedAtMs: timeMs,
      deadlineMs: timeMs + 30_000,
      args: { metric: 'temperature', intervalMs: 10_000 }
    }
  },
  warning: {
    channel: 'warning',
    message: {
      v: 1,
      number: 'TG-2026-0007',
      edition: 2,
      kind: 'publicAnnouncement',
      level: 'II',
      title: { zh: '疫苗冷链失效', en: 'Vaccine cold chain failure' },
      matters: { zh: '储存温度超过 8 °C 达 6 小时', en: 'Kept above 8 °C for six hours' },
      advice: { zh: '请勿使用', en: 'Do not use it' },
      startMs: timeMs,
      publishedAtMs: timeMs + 600_000,
      ports: ['CNSHG'],
      products: ['09521234543213'],
      lots: [{ gtin: '09521234543213', lot: 'L1' }],
      hsCodes: ['300220'],
      truncated: false,
      page: 'https://warnings.example/w/TG-2026-0007',
      cap: 'https://warnings.example/cap/TG-2026-0007.2.xml'
    }
  },
  warningList: {
    channel: 'warning-list',
    message: {
      v: 1,
      level: 'II',
      asOfMs: timeMs + 600_000,
      warnings: [{ number: 'TG-2026-0007', edition: 2, title: { zh: '疫苗冷链失效', en: 'Vaccine cold chain failure' }, startMs: timeMs }],
      total: 1
    }
  },
  recall: {
    channel: 'recall',
    message: {
      v: 1,
      number: 'R-2026-000003',
      edition: 1,
      event: 'published',
      title: { zh: '产品安全召回：疫苗', en: 'Product safety recall: vaccine' },
      hazard: { zh: '药效可能丧失', en: 'It may have lost its effect' },
      instruction: { zh: '停止使用并退回', en: 'Stop using it and send it back' },
      publishedAtMs: timeMs + 900_000,
      products: ['09521234543213'],
      lots: [{ gtin: '09521234543213', lot: 'L1' }],
      hsCodes: ['300220'],
      truncated: false,
      page: 'https://warnings.example/r/R-2026-000003'
    }
  },
  anomaly: {
    channel: 'anomaly',
    message: {
      v: 1,
      id: 'a-17',
      type: 'excursion',
      category: 'product',
      status: 'open',
      point: 'cold-store-1',
      device: 'logger-7',
      metric: 'temperature',
      onsetMs: timeMs - 300_000,
      openedMs: timeMs,
      proof: { zh: '温度高于上限', en: 'Temperature above its limit' }
    }
  },
  reply: { channel: 'command/reply', message: { v: 1, id: 'o-17', status: 'done', timeMs: timeMs + 180 } },
  control: {
    channel: 'control',
    message: {
      v: 1,
      point: 'cold-store-1',
      revision: timeMs,
      part: 0,
      parts: 1,
      issuedAtMs: timeMs,
      orders: [
        {
          id: 'M-2026-000017',
          action: 'recall',
          reason: { zh: '缺陷召回：疫苗超温', en: 'recall for a defect: vaccine too warm' },
          reference: { measure: 'M-2026-000017', warning: 'W-2026-000004' },
          level: 'II',
          issuedAtMs: timeMs,
          goods: { lots: [{ gtin: '09521234543213', lots: ['L1'] }], containers: ['006141411234567890'] }
        },
        {
          id: 'M-2026-000017-r1',
          action: 'release',
          of: 'M-2026-000017',
          reason: { zh: '解除：检验合格', en: 'Released: tested and found right' },
          reference: { measure: 'M-2026-000017' },
          issuedAtMs: timeMs,
          goods: { items: [{ gtin: '09521234543213', serials: ['A1'] }] }
        }
      ]
    }
  },
  refusal: {
    channel: 'command/reply',
    message: { v: 1, id: 'o-18', status: 'refused', timeMs: timeMs + 180, message: 'there is no gate at this device' }
  }
} as const satisfies Readonly<Record<string, Example>>
