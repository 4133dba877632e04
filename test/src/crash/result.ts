/** What a cell of the crash matrix counts, and the matrix as a table. Pure. */
import { Type, type Static } from 'typebox'

export const parts = ['device', 'edge', 'broker', 'collector'] as const
export type PartName = (typeof parts)[number]

export const faults = ['kill -9', 'line cut', 'disk full', 'clock back', 'broker restart', 'duplicate delivery'] as const
export type FaultName = (typeof faults)[number]

export const brokers = ['embedded', 'mosquitto'] as const
export type BrokerName = (typeof brokers)[number]

const Count = (description: string) => Type.Integer({ minimum: 0, description })

export const Counts = Type.Object({
  sent: Count('Items that the device had written durably into its buffer: messages of readings, events, scans'),
  acknowledged: Count('Of these, how many the device let go: acknowledged, and on the native lane committed too'),
  readings: Count('Readings in them'),
  events: Count('Events and scans in them'),
  stored: Count('Readings and events read back from the stores with the content that was sent'),
  lost: Count('Readings and events that are not in the stores, or differ'),
  duplicated: Count('Readings and events in the stores that nobody sent or that are there twice, and readings written twice'),
  deadLetters: Count('Messages that the collector kept as dead letters')
})
export type Counts = Static<typeof Counts>

export const CellResult = Type.Object({
  ...Counts.properties,
  part: Type.Enum(parts),
  fault: Type.Enum(faults),
  broker: Type.Enum(brokers),
  faults: Count('How often the fault struck'),
  how: Type.String({ description: 'What was done, with its counts' }),
  notTaken: Count('Items that the device could not take for want of room: never sent, so never lost'),
  repeats: Count('Messages that the collector saw again and recognised, as far as its counters survived'),
  balanced: Type.Boolean({
    description: 'received + carried over = stored + duplicates + dead letters, for every run of the collector that ended in order'
  }),
  seconds: Type.Number()
})
export type CellResult = Static<typeof CellResult>

export const Matrix = Type.Object({
  date: Type.String(),
  machine: Type.String(),
  versions: Type.String(),
  cells: Type.Array(CellResult)
})
export type Matrix = Static<typeof Matrix>

/** What makes a cell fail; empty for one that holds. */
export function failuresOf(cell: CellResult): string[] {
  const failures: string[] = []
  if (cell.lost > 0) failures.push(`${cell.lost} readings or events are lost`)
  if (cell.duplicated > 0) failures.push(`${cell.duplicated} readings or events are duplicated`)
  if (cell.stored !== cell.readings + cell.events) failures.push(`${cell.stored} stored, expected ${cell.readings + cell.events}`)
  if (cell.acknowledged !== cell.sent) failures.push(`${cell.acknowledged} of ${cell.sent} items acknowledged`)
  if (cell.deadLetters > 0) failures.push(`${cell.deadLetters} dead letters, expected none`)
  if (!cell.balanced) failures.push('the counters of the collector do not add up')
  if (cell.faults === 0) failures.push('the fault did not strike')
  if (cell.sent < sentMin) failures.push(`only ${cell.sent} items sent, expected at least ${sentMin}`)
  return failures
}

/** Fewer would prove little. */
const sentMin = 80

export function tableOf(cells: readonly CellResult[]): string {
  const head = [
    '| part | fault | what was done | items sent | acknowledged | readings + events | stored | lost | duplicated | seen again | not taken |',
    '|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|'
  ]
  const rows = parts.flatMap((part) =>
    faults.flatMap((fault) =>
      cells
        .filter((cell) => cell.part === part && cell.fault === fault)
        .map(
          (cell) =>
            `| ${part} | ${fault} | ${cell.how} | ${cell.sent} | ${cell.acknowledged} | ${cell.readings} + ${cell.events} | ${cell.stored} | ${cell.lost} | ${cell.duplicated} | ${cell.repeats} | ${cell.notTaken} |`
        )
    )
  )
  return [...head, ...rows].join('\n')
}
