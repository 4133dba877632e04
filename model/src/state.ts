/** The state message: birth and death of a device. Topic `tg/v1/{point}/{device}/state`, retained, also the last will. */
import { Type, type Static } from 'typebox'
import { Metric, UcumUnit } from './telemetry.ts'
import { BootId, TimeMs, TimeQuality } from './wire.ts'
import { wireVersion } from './wire-limits.ts'

const Text = (description: string) => Type.String({ minLength: 1, maxLength: 128, description })

export const MetricDeclaration = Type.Object(
  {
    metric: Metric,
    unit: UcumUnit,
    description: Type.Optional(Type.String({ maxLength: 256 })),
    min: Type.Optional(Type.Number({ description: 'Least value the sensor can give' })),
    max: Type.Optional(Type.Number({ description: 'Greatest value the sensor can give' })),
    accuracy: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Half-width of the error band, in the unit' })),
    intervalMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000, description: 'Time between two readings' })),
    calibrationDueMs: Type.Optional(TimeMs)
  },
  { additionalProperties: false }
)
export type MetricDeclaration = Static<typeof MetricDeclaration>

export const DeviceIdentity = Type.Object(
  {
    manufacturer: Text('Maker'),
    model: Text('Type as the maker names it'),
    serialNumber: Text('Serial number'),
    hardware: Type.Optional(Text('Hardware revision')),
    firmware: Text('Firmware version')
  },
  { additionalProperties: false }
)

export const Birth = Type.Object(
  {
    v: Type.Literal(wireVersion),
    online: Type.Literal(true),
    boot: BootId,
    timeMs: TimeMs,
    timeQuality: TimeQuality,
    identity: DeviceIdentity,
    capabilities: Type.Array(
      Type.Union([Type.Literal('telemetry'), Type.Literal('scan'), Type.Literal('event'), Type.Literal('command')]),
      { maxItems: 16 }
    ),
    metrics: Type.Array(MetricDeclaration, { maxItems: 1_000 })
  },
  { additionalProperties: false }
)

export const Death = Type.Object(
  {
    v: Type.Literal(wireVersion),
    online: Type.Literal(false),
    boot: BootId,
    timeMs: Type.Optional(TimeMs),
    reason: Type.Optional(Type.String({ maxLength: 128, description: 'Left out in a last will' }))
  },
  { additionalProperties: false }
)

export const State = Type.Union([Birth, Death], { $id: 'https://tracegate.dev/schema/v1/state.json', title: 'state' })
export type Birth = Static<typeof Birth>
export type Death = Static<typeof Death>
export type State = Static<typeof State>
