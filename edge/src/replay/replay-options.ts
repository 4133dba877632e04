/** The options of `npm run replay`, and the recording and agent that they describe. */
import { Type, type Static } from 'typebox'
import type { EdgeConfig } from '../config.ts'
import { edgeError } from '../errors.ts'
import { type RecordingOptions, recordingFormats } from '../source/replay/recording.ts'

export const replayPrefix = 'TRACEGATE_REPLAY'

const Name = (description: string, value: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', default: value, description })

export const ReplayCliOptions = Type.Object(
  {
    format: Type.Enum(recordingFormats, { default: 'auto', description: 'Layout of the file' }),
    speed: Type.String({ pattern: '^(max|\\d+(\\.\\d+)?)$', default: 'max', description: 'How many times real time, or max' }),
    time: Type.Enum(['original', 'now'], { default: 'original', description: 'Keep the times of the recording, or shift them to now' }),
    point: Name('Monitoring point to send for', 'replay'),
    agent: Name('Device id of the agent; it signs in as point/agent', 'recorder'),
    device: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,56}$', description: 'Device id; from the name of the file when left out' })
    ),
    broker: Type.String({ pattern: '^mqtts?://[^/@]+$', default: 'mqtt://127.0.0.1:1883', description: 'Broker' }),
    column: Type.Optional(Type.String({ description: 'Columns to take, with the metric each becomes: temp=temperature,hum=humidity' })),
    unit: Type.Optional(Type.String({ description: 'UCUM unit of all metrics, or by metric: temperature=Cel,humidity=%' })),
    timeColumn: Type.Optional(Type.String({ description: 'Column of the time' })),
    start: Type.String({
      default: '2010-05-10T00:00:00Z',
      description: 'Time of the first row where a recording has none (motes: a nominal day, the file does not say)'
    }),
    intervalMs: Type.Integer({
      minimum: 1,
      default: 5_000,
      description: 'Time between two rows where a recording has none, in milliseconds'
    }),
    dataDir: Type.String({
      default: './data',
      description: 'Data folder of the running system; the outbox of the replay is kept below it'
    }),
    patienceMs: Type.Integer({
      minimum: 1_000,
      default: 60_000,
      description: 'Give up when nothing is committed for so long, in milliseconds'
    })
  },
  { additionalProperties: false }
)
export type ReplayCliOptions = Static<typeof ReplayCliOptions>

export function recordingOptionsOf(options: ReplayCliOptions, file: string): RecordingOptions {
  const startMs = Date.parse(options.start)
  if (Number.isNaN(startMs)) throw edgeError('RECORDING', { file, detail: `start is "${options.start}", expected an ISO 8601 time` })
  return {
    format: options.format,
    device: options.device,
    columns: pairs(options.column, (name) => [name, name]),
    units: pairs(options.unit, (unit) => ['', unit]),
    timeColumn: options.timeColumn,
    startMs,
    intervalMs: options.intervalMs
  }
}

export function speedOf(options: ReplayCliOptions): number {
  return options.speed === 'max' ? Infinity : Math.max(0.001, Number(options.speed))
}

/** A backlog is what a replay is, so it is not held back. */
export function agentConfigOf(options: ReplayCliOptions, secret: string, dataDir: string): EdgeConfig {
  return {
    point: options.point,
    agent: options.agent,
    secret,
    brokerUrl: options.broker,
    dataDir,
    batchReadingsMax: 500,
    replayMessagesPerSecondMax: 1_000_000,
    sources: [],
    devices: [{ id: options.agent, kind: 'edge', name: { zh: '回放代理', en: 'Replay agent' }, metrics: [] }]
  }
}

function pairs(text: string | undefined, single: (word: string) => [string, string]): ReadonlyMap<string, string> | undefined {
  if (text === undefined || text === '') return undefined
  return new Map(
    text.split(',').map((word) => {
      const at = word.indexOf('=')
      return at === -1 ? single(word.trim()) : [word.slice(0, at).trim(), word.slice(at + 1).trim()]
    })
  )
}
