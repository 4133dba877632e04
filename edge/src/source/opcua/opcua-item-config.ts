/** The configuration of what is taken from an OPC UA server: variables, events, AutoID readers. It only describes. */
import { ScanRule } from '@tracegate/model/scan-event'
import { Metric, UcumUnit } from '@tracegate/model/telemetry'
import { Type, type Static } from 'typebox'

export const DeviceName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Device id at this point' })
const NodeAddress = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description:
    'Node id (`ns=2;s=Chamber1.Temperature`, `nsu=http://…;s=…`) or browse path from the Objects folder (`/2:ColdStore/2:Chamber1`, `/nsu=http://…;ColdStore/…`)'
})
const Scale = Type.Optional(Type.Number({ default: 1, description: 'Factor from the value of the server to the unit' }))

const deadBandTypes = ['absolute', 'percent'] as const

export const itemDefaults = {
  samplingMs: 1_000,
  deadBand: 0,
  deadBandType: 'absolute',
  discardOldest: true,
  scale: 1,
  notifier: 'i=2253',
  eventQueueLengthMax: 1_000,
  scanControl: false,
  lastScanData: 'auto'
} as const

export const OpcuaVariable = Type.Object(
  {
    node: NodeAddress,
    device: Type.Optional(DeviceName),
    metric: Metric,
    unit: UcumUnit,
    scale: Scale,
    samplingMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        default: itemDefaults.samplingMs,
        description: 'Sampling interval of the server, in milliseconds; 0: every change, where the server can tell'
      })
    ),
    deadBand: Type.Optional(
      Type.Number({
        minimum: 0,
        default: itemDefaults.deadBand,
        description:
          'Least change to report: in the unit of the server (absolute), or in percent of the EURange of the variable (percent, at most 100)'
      })
    ),
    deadBandType: Type.Optional(Type.Enum(deadBandTypes, { default: itemDefaults.deadBandType, description: 'How `deadBand` is meant' })),
    queueLengthMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Samples that the server keeps between two publishings; that of the source by default'
      })
    ),
    discardOldest: Type.Optional(
      Type.Boolean({
        default: itemDefaults.discardOldest,
        description: 'At a full queue the server drops the oldest sample; false: the newest but one'
      })
    ),
    staleAfterMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 604_800_000,
        description:
          'A source timestamp older than this is no measurement any more: the reading gets quality 9. For servers that renew the timestamp with each measurement; never by default'
      })
    )
  },
  { additionalProperties: false, description: 'One variable and the metric that it gives' }
)
export type OpcuaVariable = Static<typeof OpcuaVariable>

const EventField = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'Field of the event: `Severity`, `nsu=http://…;Limit`, or a path of such names with `/`'
})
const notifier = {
  notifier: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1_024,
      default: itemDefaults.notifier,
      description: 'Node id or browse path of the event notifier; the Server object by default'
    })
  ),
  source: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: 'Take only events whose SourceName or DeviceName is this; all by default' })
  ),
  queueLengthMax: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: itemDefaults.eventQueueLengthMax,
      description: 'Events that the server keeps between two publishings; at the limit it drops the oldest and says so, which is counted'
    })
  )
} as const

export const OpcuaEvent = Type.Object(
  {
    ...notifier,
    eventType: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, description: 'Node id of the event type; its subtypes come too. All events by default' })
    ),
    device: Type.Optional(DeviceName),
    readings: Type.Optional(
      Type.Array(Type.Object({ field: EventField, metric: Metric, unit: UcumUnit, scale: Scale }, { additionalProperties: false }), {
        maxItems: 64,
        description: 'Fields that become readings, at the Time of the event'
      })
    ),
    scan: Type.Optional(
      Type.Object(
        {
          data: EventField,
          symbology: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 32,
              description: 'AIM identifier or name of the symbology, where the data does not open with one'
            })
          ),
          rule: Type.Optional(ScanRule)
        },
        { additionalProperties: false, description: 'The field that holds what was scanned; with a rule it becomes an EPCIS event' }
      )
    )
  },
  { additionalProperties: false, description: 'Events of one type, and what becomes of them' }
)
export type OpcuaEvent = Static<typeof OpcuaEvent>

const lastScanModes = ['auto', 'always', 'never'] as const

export const OpcuaAutoId = Type.Object(
  {
    ...notifier,
    device: DeviceName,
    rule: ScanRule,
    reader: Type.Optional({
      ...NodeAddress,
      description: 'Node id or browse path of the AutoID reader; needed for scanControl and lastScanData'
    }),
    scanControl: Type.Optional(
      Type.Boolean({
        default: itemDefaults.scanControl,
        description: 'Call ScanStart when connected and ScanStop at the end; the order `rescan` calls ScanStop and ScanStart'
      })
    ),
    scanSettings: Type.Optional(
      Type.Object(
        {
          durationMs: Type.Optional(Type.Number({ minimum: 0, default: 0, description: 'Longest scan, in milliseconds; 0: without end' })),
          cycles: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'Most scan cycles; 0: without end' })),
          dataAvailable: Type.Optional(Type.Boolean({ default: false, description: 'End with the first result' }))
        },
        { additionalProperties: false, description: 'ScanSettings of ScanStart (OPC 30010)' }
      )
    ),
    lastScanData: Type.Optional(
      Type.Enum(lastScanModes, {
        default: itemDefaults.lastScanData,
        description:
          'The variable LastScanData of the reader. auto: taken when no event brought the same data; always: taken instead of events; never'
      })
    )
  },
  { additionalProperties: false, description: 'An AutoID reader (OPC 30010)' }
)
export type OpcuaAutoId = Static<typeof OpcuaAutoId>

export const OpcuaGate = Type.Object(
  {
    device: DeviceName,
    node: { ...NodeAddress, description: 'Node id or browse path of an object with the methods HoldGate and ReleaseGate (GateType)' }
  },
  { additionalProperties: false, description: 'A gate: the orders `holdGate` and `releaseGate` call its methods' }
)
export type OpcuaGate = Static<typeof OpcuaGate>
