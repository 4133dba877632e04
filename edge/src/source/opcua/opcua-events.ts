/** Takes events of any type: the fields that the configuration names become readings, or a scan. AutoID readers have a file of their own. */
import type { ClientSession, ClientSubscription } from 'node-opcua-client'
import type { SourceReading } from '../../intake/intake.ts'
import { identifySymbology } from '../symbology.ts'
import { findNode } from './node-address.ts'
import { itemDefaults, type OpcuaEvent } from './opcua-item-config.ts'
import { type EventField, type EventFieldPath, fieldPathOf, monitorEvents } from './opcua-notifier.ts'
import type { ReadingContext } from './opcua-reading.ts'
import { numberOfValue } from './opcua-value.ts'

const headFields: readonly EventFieldPath[] = [['Time'], ['SourceName']]

/** Resolves with what is wrong. */
export async function subscribeEvents(options: {
  readonly event: OpcuaEvent
  readonly session: ClientSession
  readonly subscription: ClientSubscription
  readonly namespaces: readonly string[]
  readonly context: ReadingContext
  readonly onData: () => void
}): Promise<readonly string[]> {
  const { event, session, subscription, namespaces, context, onData } = options
  const notifier = await findNode(session, namespaces, event.notifier ?? itemDefaults.notifier)
  if (!notifier.ok) return [notifier.detail]
  const type = event.eventType === undefined ? undefined : await findNode(session, namespaces, event.eventType)
  if (type?.ok === false) return [type.detail]
  const named = namedFields(event)
  const paths: EventFieldPath[] = [...headFields]
  for (const field of named) {
    const path = fieldPathOf(field, namespaces)
    if (path === undefined) return [`namespace of event field "${field}" is unknown, the server has ${namespaces.join(', ')}`]
    paths.push(path)
  }
  const objection = await monitorEvents({
    subscription,
    notifier: notifier.nodeId,
    eventType: type?.nodeId,
    queueLengthMax: event.queueLengthMax,
    fields: paths,
    onEvent([time, sourceName, ...values]) {
      if (event.source !== undefined && event.source !== sourceName?.value) return
      onData()
      takeEvent({ event, timeMs: timeOf(time), values: new Map(named.map((field, index) => [field, values[index]])), context })
    },
    onOverflow() {
      context.counts.overflows += 1
      context.dependencies.events.sourceOverflowed(context.config.endpoint)
    }
  })
  return objection === undefined ? [] : [`events of "${event.notifier ?? 'Server'}" were not granted: ${objection}`]
}

function namedFields(event: OpcuaEvent): string[] {
  const fields = (event.readings ?? []).map(({ field }) => field)
  return [...new Set(event.scan === undefined ? fields : [...fields, event.scan.data])]
}

function takeEvent(options: {
  readonly event: OpcuaEvent
  readonly timeMs: number
  readonly values: ReadonlyMap<string, EventField | undefined>
  readonly context: ReadingContext
}): void {
  const { event, timeMs, values, context } = options
  const { config, dependencies } = context
  const device = event.device ?? config.device
  const readings = (event.readings ?? []).flatMap(({ field, metric, unit, scale }): SourceReading[] => {
    const number = numberOfValue(values.get(field)?.value)
    // A field that this event does not have is no reading that is missing.
    return number === undefined ? [] : [{ device, metric, unit, timeMs, value: number * (scale ?? itemDefaults.scale), quality: 2 }]
  })
  if (readings.length > 0) dependencies.intake.readings(readings)
  if (event.scan === undefined) return
  const { symbology, rule } = event.scan
  const raw = values.get(event.scan.data)?.value
  const text = raw instanceof Uint8Array ? new TextDecoder().decode(raw) : typeof raw === 'string' ? raw : ''
  const identified = identifySymbology(symbology, text)
  if (identified.data === '') {
    const message = `field "${event.scan.data}" of the event is ${raw === null ? 'null' : typeof raw}, expected the text that was scanned`
    const reason = { code: 'EVENT_NO_SCAN', pointer: '', message }
    dependencies.intake.refuse({ source: config.endpoint, device, topic: event.scan.data, reason, payload: Buffer.from(String(raw)) })
    return
  }
  dependencies.intake
    .scan({ ...identified, timeMs }, { device, ...(rule === undefined ? {} : { rule }) })
    .catch((error: unknown) =>
      dependencies.logger.error(
        { endpoint: config.endpoint, detail: error instanceof Error ? error.message : String(error) },
        'scan not kept'
      )
    )
}

function timeOf(field: EventField | undefined): number {
  const { value } = field ?? {}
  return value instanceof Date && value.getTime() >= 0 ? value.getTime() : Date.now()
}
