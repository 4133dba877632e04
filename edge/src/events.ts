/** What happens at the agent, as log lines and counters: one function per business event. They never throw. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export interface EdgeCounts {
  readingsTaken: number
  readingsKept: number
  eventsKept: number
  scansKept: number
  messagesSent: number
  messagesResent: number
  messagesCommitted: number
  readingsCommitted: number
  readingsDropped: number
  recordsDamaged: number
  readingsLost: number
  readingsRefused: number
  deadLetters: number
  deadLettersNotKept: number
  watermarksRefused: number
  clockSteps: number
  clockDisagreements: number
  readingsThinned: number
  seriesLate: number
  sourceRestarts: number
  sourceOverflows: number
  scansNotRead: number
  packedForgotten: number
  ordersTaken: number
  ordersRepeated: number
  ordersExpired: number
  ordersRefused: number
  ordersFailed: number
  ordersDone: number
  ordersUnreadable: number
  unitsConverted: number
  unitsRefused: number
  flagsLowered: number
  flagsSettled: number
  devicesRefused: number
  reloads: number
  reloadsRefused: number
  uplinkAlarms: number
  controlApplied: number
  controlRefused: number
  scansRefused: number
  scansDrilled: number
  gatesHeld: number
  gatesFailed: number
}

export interface EdgeEvents {
  readonly counts: Readonly<EdgeCounts>
  readingsTaken(count: number): void
  kept(channel: 'telemetry' | 'scan' | 'event', readings: number): void
  refusedReadings(count: number, code: string): void
  sent(messages: number): void
  resent(messages: number): void
  released(messages: number, readings: number): void
  dropped(dropped: { readonly messages: number; readonly readings: number }): void
  /** What the outbox found broken at the start. */
  damaged(damage: {
    readonly records: number
    readonly bytes: number
    readonly messages: number
    readonly readings: number
    readonly tornBytes: number
  }): void
  deadLetter(code: string, kept: boolean): void
  watermarkRefused(): void
  /** One jump, or small steps that added up. */
  clockStepped(byMs: number, isDrift?: boolean): void
  /** A source gives times ahead of ours; told of once until it is over. */
  clockDisagrees(aheadMs: number, isNew: boolean): void
  /** Readings that the sampling of their metric does not keep. */
  thinned(readings: number): void
  /** A series was silent for longer than its sampling allows. */
  seriesLate(device: string, metric: string): void
  sourceRestarted(source: string, reason: string): void
  /** The server's queue for an item was full. */
  sourceOverflowed(source: string): void
  /** A scan that gives no event by its rule; it is sent as it was read. */
  scanNotRead(device: string, code: string, message: string): void
  /** Goods scanned for packing that were too many to remember. */
  packedForgotten(device: string): void
  connected(connected: boolean): void
  /** An order came, or came to its end. */
  order(outcome: 'taken' | 'repeated' | 'expired' | 'refused' | 'failed' | 'done' | 'unreadable'): void
  unitsConverted(readings: number): void
  /** Readings in a unit that cannot become the declared one. */
  unitsRefused(readings: number): void
  flagsLowered(readings: number): void
  flagsSettled(readings: number): void
  /** Input of a device that would be one too many. */
  deviceRefused(device: string): void
  reloaded(changes: { readonly version: string; readonly restart: readonly string[] }): void
  reloadRefused(detail: string): void
  uplinkAlarm(raised: boolean, downMs: number): void
  /** A message with control orders; `refused` ones cannot be read or are not for this point. */
  control(outcome: 'applied' | 'waiting' | 'known' | 'older' | 'refused'): void
  /** Goods under a control order; in a drill they pass. */
  scanRefused(refused: {
    readonly device: string
    readonly key: string
    readonly order: string
    readonly action: string
    readonly drill: boolean
  }): void
  gate(order: 'holdGate' | 'releaseGate', state: 'asked' | 'held' | 'noGate' | 'failed'): void
}

export function createEdgeEvents(dependencies: { readonly logger: Logger; readonly metrics: Metrics; readonly agent: string }): EdgeEvents {
  const { logger, metrics } = dependencies
  const labels = { agent: dependencies.agent }
  const counts: EdgeCounts = {
    readingsTaken: 0,
    readingsKept: 0,
    eventsKept: 0,
    scansKept: 0,
    messagesSent: 0,
    messagesResent: 0,
    messagesCommitted: 0,
    readingsCommitted: 0,
    readingsDropped: 0,
    recordsDamaged: 0,
    readingsLost: 0,
    readingsRefused: 0,
    deadLetters: 0,
    deadLettersNotKept: 0,
    watermarksRefused: 0,
    clockSteps: 0,
    clockDisagreements: 0,
    readingsThinned: 0,
    seriesLate: 0,
    sourceRestarts: 0,
    sourceOverflows: 0,
    scansNotRead: 0,
    packedForgotten: 0,
    ordersTaken: 0,
    ordersRepeated: 0,
    ordersExpired: 0,
    ordersRefused: 0,
    ordersFailed: 0,
    ordersDone: 0,
    ordersUnreadable: 0,
    unitsConverted: 0,
    unitsRefused: 0,
    flagsLowered: 0,
    flagsSettled: 0,
    devicesRefused: 0,
    reloads: 0,
    reloadsRefused: 0,
    uplinkAlarms: 0,
    controlApplied: 0,
    controlRefused: 0,
    scansRefused: 0,
    scansDrilled: 0,
    gatesHeld: 0,
    gatesFailed: 0
  }
  const meters = edgeMeters(metrics)
  const add = (name: keyof EdgeCounts, count = 1) => {
    counts[name] += count
    meters.count.add(count, { ...labels, what: name })
  }
  return {
    counts,
    readingsTaken: (count) => add('readingsTaken', count),
    kept(channel, readings) {
      if (channel === 'telemetry') add('readingsKept', readings)
      else add(channel === 'event' ? 'eventsKept' : 'scansKept')
    },
    refusedReadings(count, code) {
      add('readingsRefused', count)
      logger.warn({ count, code }, 'readings refused')
    },
    sent: (messages) => add('messagesSent', messages),
    resent: (messages) => add('messagesResent', messages),
    released(messages, readings) {
      add('messagesCommitted', messages)
      add('readingsCommitted', readings)
    },
    dropped(dropped) {
      add('readingsDropped', dropped.readings)
      logger.warn(dropped, 'outbox is full: the oldest telemetry gave way')
    },
    damaged(damage) {
      if (damage.tornBytes > 0) logger.warn({ bytes: damage.tornBytes }, 'outbox ended in an unfinished record, as after a kill')
      if (damage.records === 0 && damage.messages === 0 && damage.readings === 0) return
      add('recordsDamaged', damage.records)
      add('readingsLost', damage.readings)
      logger.error(damage, 'outbox was damaged: what is whole is kept, what is lost is told of')
    },
    deadLetter(code, kept) {
      add('deadLetters')
      if (!kept) add('deadLettersNotKept')
      meters.refused.add(1, { ...labels, code })
    },
    watermarkRefused: () => add('watermarksRefused'),
    clockStepped(byMs, isDrift = false) {
      add('clockSteps')
      logger.warn({ byMs }, isDrift ? 'the clock of this machine drifted away' : 'the clock of this machine stepped')
    },
    clockDisagrees(aheadMs, isNew) {
      add('clockDisagreements')
      if (isNew) logger.warn({ aheadMs }, 'a source gives times ahead of the clock of this machine: one of the two is wrong')
    },
    thinned: (readings) => add('readingsThinned', readings),
    seriesLate(device, metric) {
      add('seriesLate')
      logger.debug({ device, metric }, 'series was silent for longer than its sampling allows')
    },
    sourceRestarted(source, reason) {
      add('sourceRestarts')
      logger.warn({ source, reason }, 'source is started again')
    },
    sourceOverflowed(source) {
      add('sourceOverflows')
      logger.debug({ source }, 'queue of the server overflowed')
    },
    scanNotRead(device, code, message) {
      add('scansNotRead')
      logger.info({ device, code, detail: message }, 'scan gives no event')
    },
    packedForgotten(device) {
      add('packedForgotten')
      logger.warn({ device }, 'too many goods scanned before a label: the oldest is forgotten')
    },
    connected: (connected) => meters.connected.set(connected ? 1 : 0, labels),
    order: (outcome) => add(orderCounts[outcome]),
    unitsConverted: (readings) => add('unitsConverted', readings),
    unitsRefused: (readings) => add('unitsRefused', readings),
    flagsLowered: (readings) => add('flagsLowered', readings),
    flagsSettled: (readings) => add('flagsSettled', readings),
    deviceRefused(device) {
      add('devicesRefused')
      logger.warn({ device }, 'too many devices: nothing is taken of this one')
    },
    reloaded(changes) {
      add('reloads')
      logger.info({ ...changes }, 'configuration taken')
      if (changes.restart.length > 0) logger.warn({ members: changes.restart }, 'these members change at the next start only')
    },
    reloadRefused(detail) {
      add('reloadsRefused')
      logger.error({ detail }, 'configuration refused: the one before stays')
    },
    uplinkAlarm(raised, downMs) {
      if (raised) add('uplinkAlarms')
      meters.alarm.set(raised ? 1 : 0, labels)
      if (raised) logger.error({ downMs }, 'alarm: no connection to the broker')
      else logger.info({ downMs }, 'alarm cleared: the broker is connected again')
    },
    control(outcome) {
      if (outcome === 'applied') add('controlApplied')
      if (outcome === 'refused') add('controlRefused')
    },
    scanRefused({ drill, ...refused }) {
      add(drill ? 'scansDrilled' : 'scansRefused')
      logger.warn(refused, drill ? 'drill: this scan would be refused' : 'scan refused: the goods are under a control order')
    },
    gate(order, state) {
      if (state === 'failed') add('gatesFailed')
      else if (order === 'holdGate' && state === 'held') add('gatesHeld')
    }
  }
}

const orderCounts = {
  taken: 'ordersTaken',
  repeated: 'ordersRepeated',
  expired: 'ordersExpired',
  refused: 'ordersRefused',
  failed: 'ordersFailed',
  done: 'ordersDone',
  unreadable: 'ordersUnreadable'
} as const

type Meters = {
  readonly count: ReturnType<Metrics['counter']>
  readonly refused: ReturnType<Metrics['counter']>
  readonly connected: ReturnType<Metrics['gauge']>
  readonly alarm: ReturnType<Metrics['gauge']>
}

/** Several agents may share one process and its metrics; a name can be registered once only. */
const metersOf = new WeakMap<Metrics, Meters>()

function edgeMeters(metrics: Metrics): Meters {
  const known = metersOf.get(metrics)
  if (known !== undefined) return known
  const meters = {
    count: metrics.counter({ name: 'tracegate_edge_items_total', help: 'What the edge agent did, by kind', labels: ['agent', 'what'] }),
    refused: metrics.counter({ name: 'tracegate_edge_dead_letters_total', help: 'Inputs refused, by reason', labels: ['agent', 'code'] }),
    connected: metrics.gauge({ name: 'tracegate_edge_connected', help: '1 while the broker is connected', labels: ['agent'] }),
    alarm: metrics.gauge({ name: 'tracegate_edge_uplink_alarm', help: '1 while the alarm of the uplink is raised', labels: ['agent'] })
  }
  metersOf.set(metrics, meters)
  return meters
}
