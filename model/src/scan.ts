/** The scan message: what a reader saw, as it saw it. Topic `tg/v1/{point}/{device}/scan`. */
import { Type, type Static } from 'typebox'
import { envelope, TimeMs } from './wire.ts'

export const scansPerMessageMax = 500

export const scanDirections = ['in', 'out', 'unknown'] as const
export type ScanDirection = (typeof scanDirections)[number]

export const Scan = Type.Object(
  {
    symbology: Type.String({
      pattern: '^(\\][A-Za-z][0-9A-Za-z]|epc)$',
      description:
        'AIM symbology identifier (ISO/IEC 15424) such as ]C1, ]d2, ]Q3; `epc` for an RFID tag whose data is the EPC binary in hex'
    }),
    data: Type.String({
      minLength: 1,
      maxLength: 8_192,
      description: 'As read: GS1 element string (FNC1 as U+001D), Digital Link, plain text, or EPC hex'
    }),
    timeMs: Type.Optional(TimeMs),
    antenna: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    signalDbm: Type.Optional(Type.Number({ minimum: -200, maximum: 100, description: 'Received signal strength in dBm' })),
    direction: Type.Optional(Type.Enum(scanDirections)),
    grade: Type.Optional(Type.Number({ minimum: 0, maximum: 4, description: 'Print quality grade, ISO/IEC 15415' }))
  },
  { additionalProperties: false }
)
export type Scan = Static<typeof Scan>

export const ScanMessage = Type.Object(
  { ...envelope, scans: Type.Array(Scan, { minItems: 1, maxItems: scansPerMessageMax }) },
  { $id: 'https://tracegate.dev/schema/v1/scan.json', title: 'scan', additionalProperties: false }
)
export type ScanMessage = Static<typeof ScanMessage>
