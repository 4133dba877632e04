/** One look at a server for `edge check`: one reading of each variable, the status of the reader, the notifiers of events. Subscribes to nothing and changes nothing. */
import { AttributeIds, type ClientSession, type DataValue, type NodeId } from 'node-opcua-client'
import { findReader, readReaderStatus } from './autoid-reader.ts'
import { autoIdNamespace } from './autoid-types.ts'
import { findNode, findNodes } from './node-address.ts'
import type { OpcuaSource } from './opcua-config.ts'
import { itemDefaults } from './opcua-item-config.ts'
import { fieldPathOf } from './opcua-notifier.ts'
import { openSession, type OpenSession } from './opcua-session.ts'
import { numberOfValue, qualityOfStatus } from './opcua-value.ts'
import { messageOf, within } from './waits.ts'
import type { ProbeFinding, ProbeOptions } from '../source.ts'

const readsPerRequestMax = 500

export async function* probeOpcua(config: OpcuaSource, options: ProbeOptions): AsyncIterable<ProbeFinding> {
  let opened: OpenSession
  try {
    opened = await openSession({ ...options, config, timeoutMs: options.waitMs })
  } catch (error) {
    yield { item: config.endpoint, ok: false, detail: messageOf(error) }
    return
  }
  try {
    yield { item: config.endpoint, ok: true, detail: `connected; namespaces ${opened.namespaces.join(', ')}` }
    yield* probeVariables(config, opened, options)
    yield* probeEvents(config, opened)
    yield* probeReader(config, opened)
    for (const gate of config.gates ?? []) yield* probeNode(gate.node, opened)
  } catch (error) {
    yield { item: config.endpoint, ok: false, detail: messageOf(error) }
  } finally {
    await opened.close()
  }
}

async function* probeVariables(
  config: OpcuaSource,
  { session, namespaces }: OpenSession,
  options: ProbeOptions
): AsyncIterable<ProbeFinding> {
  const { variables } = config
  for (let start = 0; start < variables.length; start += readsPerRequestMax) {
    const chunk = variables.slice(start, start + readsPerRequestMax)
    const found = await findNodes(
      session,
      namespaces,
      chunk.map(({ node }) => node)
    )
    const known = found.flatMap((node) => (node.ok ? [node.nodeId] : []))
    const values = await within(readValues(session, known), options.waitMs, options.signal)
    let at = 0
    for (const [index, variable] of chunk.entries()) {
      const node = found[index]
      if (node?.ok !== true) yield { item: variable.node, ok: false, detail: node?.detail ?? 'not found' }
      else {
        yield { item: variable.node, ...findingOf(values[at], variable) }
        at += 1
      }
    }
  }
}

async function readValues(session: ClientSession, nodes: readonly NodeId[]): Promise<DataValue[]> {
  if (nodes.length === 0) return []
  return session.read(
    nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    0
  )
}

function findingOf(dataValue: DataValue | undefined, variable: OpcuaSource['variables'][number]): Omit<ProbeFinding, 'item'> {
  if (dataValue === undefined) return { ok: false, detail: 'no answer' }
  const status = dataValue.statusCode
  const number = numberOfValue(dataValue.value?.value)
  if (qualityOfStatus(status.value) === 9) return { ok: false, detail: `${variable.metric}: status is ${status.name}, expected Good` }
  if (number === undefined)
    return { ok: false, detail: `${variable.metric}: value is ${typeof dataValue.value?.value}, expected a number or a boolean` }
  const time = dataValue.sourceTimestamp ?? dataValue.serverTimestamp
  const mark = dataValue.sourceTimestamp === null ? ' (time of the server)' : ''
  const value = number * (variable.scale ?? itemDefaults.scale)
  return {
    ok: true,
    detail: `${variable.metric} = ${value} ${variable.unit} at ${time?.toISOString() ?? 'no time'}${mark}, ${status.name}`
  }
}

async function* probeEvents(config: OpcuaSource, opened: OpenSession): AsyncIterable<ProbeFinding> {
  for (const event of config.events ?? []) {
    yield* probeNode(event.notifier ?? itemDefaults.notifier, opened)
    if (event.eventType !== undefined) yield* probeNode(event.eventType, opened)
    const fields = [...(event.readings ?? []).map(({ field }) => field), ...(event.scan === undefined ? [] : [event.scan.data])]
    for (const field of fields)
      if (fieldPathOf(field, opened.namespaces) === undefined)
        yield { item: field, ok: false, detail: `namespace is unknown, the server has ${opened.namespaces.join(', ')}` }
  }
}

async function* probeReader(config: OpcuaSource, opened: OpenSession): AsyncIterable<ProbeFinding> {
  const { autoId } = config
  if (autoId === undefined) return
  const known = opened.namespaces.includes(autoIdNamespace)
  yield {
    item: autoIdNamespace,
    ok: known,
    detail: known ? 'the server knows AutoID' : 'the server does not know AutoID, expected its namespace'
  }
  yield* probeNode(autoId.notifier ?? itemDefaults.notifier, opened)
  if (autoId.reader === undefined) return
  const reader = await findReader(opened.session, opened.namespaces, autoId.reader)
  if (typeof reader === 'string') {
    yield { item: autoId.reader, ok: false, detail: reader }
    return
  }
  const status = await readReaderStatus(opened.session, reader)
  const control = reader.scanStart === undefined ? 'no ScanStart' : 'ScanStart'
  const wanted = autoId.scanControl === true && reader.scanStart === undefined
  const detail = `DeviceStatus is ${status ?? 'unknown'}, ${control}${wanted ? ', expected ScanStart as scanControl is true' : ''}`
  yield { item: autoId.reader, ok: status !== undefined && status !== 'Error' && !wanted, detail }
}

async function* probeNode(address: string, { session, namespaces }: OpenSession): AsyncIterable<ProbeFinding> {
  const found = await findNode(session, namespaces, address)
  if (!found.ok) {
    yield { item: address, ok: false, detail: found.detail }
    return
  }
  const name = await session.read({ nodeId: found.nodeId, attributeId: AttributeIds.BrowseName })
  const ok = name.statusCode.isGood()
  yield { item: address, ok, detail: ok ? `found: ${String(name.value.value)}` : `status is ${name.statusCode.name}, expected Good` }
}
