/** The devices of the port read by the real agents, against a broker that stands for the platform's. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Aedes } from 'aedes'
import { startEdge, type Edge } from '@tracegate/edge/edge'
import { compileValidator, decodeMessage, encodeMessage } from '@tracegate/model/codec'
import { EventMessage } from '@tracegate/model/event-message'
import { State } from '@tracegate/model/state'
import { Telemetry } from '@tracegate/model/telemetry'
import { createDeviceDirectory } from '@tracegate/service/device-directory'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { enrol, type Secrets } from './credentials.ts'
import { startNativeProbe } from './devices/native-probe.ts'
import { startVendorDevices, type VendorDevices } from './devices/vendor-devices.ts'
import { edgeConfigs } from './edge-configs.ts'
import { listen, startFieldBroker, type FieldBroker } from './field-broker.ts'
import { labelOf, palletKey } from './goods/numbers.ts'
import { startLine, type Line } from './line.ts'
import { startColdStorePlc, type ColdStorePlc } from './opcua/cold-store-plc.ts'
import { startGateReader, type GateReader } from './opcua/gate-reader.ts'
import { createPlant } from './plant.ts'
import { createWorld } from './world.ts'
import { deviceIds, pointIds } from './world/names.ts'

const host = '127.0.0.1'
const world = createWorld({ seed: 5 })
const palletOfLabel = palletKey('vaccineMaker', 1)
const label = labelOf(palletOfLabel)

interface Platform {
  readonly port: number
  /** Messages by topic, oldest first. */
  readonly messages: Map<string, Uint8Array[]>
  publish(topic: string, payload: object): void
  close(): Promise<void>
}

async function startPlatform(register: CaseStore): Promise<Platform> {
  const messages = new Map<string, Uint8Array[]>()
  const directory = createDeviceDirectory({ register })
  const aedes = await Aedes.createBroker({
    concurrency: 0,
    authenticate(_client, username, password, done) {
      const admit = async () => {
        const identity = await directory.authenticate({ clientId: '', username, password })
        done(null, identity !== undefined)
      }
      void admit()
    }
  })
  aedes.on('publish', (packet, client) => {
    if (client === null) return
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    messages.set(packet.topic, [...(messages.get(packet.topic) ?? []), new Uint8Array(payload)])
  })
  const server: Server = createServer(aedes.handle)
  const port = await listen(server, { host, port: 0, what: 'platform', flag: '' })
  return {
    port,
    messages,
    publish: (topic, payload) =>
      aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from(encodeMessage(payload)), qos: 1, retain: false, dup: false },
        () => undefined
      ),
    async close() {
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Asks until it is true, at most 20 s. */
async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 20_000; !isTrue(); await wait(50)) assert.ok(Date.now() < endMs, `${what} did not come within 20 s`)
}

let dataDir: string
let platform: Platform
let secrets: Secrets
let plc: ColdStorePlc
let gate: GateReader
let field: FieldBroker
let vendor: VendorDevices
let line: Line
let edges: Edge[]
const plant = createPlant(world, Date.now())

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tracegate-devices-'))
  const cases = createMemoryCaseStore()
  platform = await startPlatform(cases)
  secrets = await enrol(cases, world, dataDir)
  const options = { host, port: 0, dataDir }
  ;[plc, gate, field, line] = await Promise.all([
    startColdStorePlc({ ...options, firstSample: (chamber) => plant.sample(chamber) }),
    startGateReader(options),
    startFieldBroker(options),
    startLine({ host, to: { host, port: platform.port } })
  ])
  vendor = await startVendorDevices(field)
  const brokerUrl = `mqtt://${host}:${platform.port}`
  const configs = edgeConfigs(world, {
    secrets,
    dataDir,
    brokerUrl,
    yardBrokerUrl: line.url,
    plcEndpoint: plc.endpoint,
    gateEndpoint: gate.endpoint,
    fieldUrl: field.url
  })
  assert.equal(vendor.sendScan(label, { chamber: 'vaccine', direction: 'in' }, Date.now()), false, 'nobody listens yet')
  edges = await Promise.all(configs.map((config) => startEdge(config, { logger: silentLogger, metrics: createMetrics() })))
})
after(async () => {
  await Promise.all(edges.map((edge) => edge[Symbol.asyncDispose]()))
  await vendor[Symbol.asyncDispose]()
  await Promise.all([plc, gate, field, line].map((part) => part[Symbol.asyncDispose]()))
  await platform.close()
  await rm(dataDir, { recursive: true, force: true })
})

const topicOf = (point: string, device: string, channel: string) => `tg/v1/${point}/${device}/${channel}`
const telemetry = compileValidator(Telemetry)
const eventMessage = compileValidator(EventMessage)
const state = compileValidator(State)

function readingsOn(topic: string): Telemetry['readings'] {
  return (platform.messages.get(topic) ?? []).flatMap((bytes) => {
    const decoded = decodeMessage(telemetry, bytes)
    assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason.message)
    return decoded.value.readings
  })
}

function eventsOn(topic: string): EventMessage['epcis'][] {
  return (platform.messages.get(topic) ?? []).map((bytes) => {
    const decoded = decodeMessage(eventMessage, bytes)
    assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason.message)
    return decoded.value.epcis
  })
}

test('the cold-store agent reads every chamber of the PLC over OPC UA', async () => {
  const topic = topicOf(pointIds.coldStore, deviceIds.plc, 'telemetry')
  await until('all metrics of the PLC', () => {
    plant.advance(Date.now())
    for (const chamber of ['vaccine', 'fish', 'ambient'] as const) plc.show(chamber, plant.sample(chamber))
    return new Set(readingsOn(topic).map((reading) => reading.metric)).size === 24
  })
  const last = (metric: string) => readingsOn(topic).findLast((reading) => reading.metric === metric)
  await until('a temperature of the vaccine chamber', () => {
    plc.show('vaccine', plant.sample('vaccine'))
    return Number(last('vaccine.temperature1')?.value) > 2
  })
  assert.ok(Number(last('vaccine.temperature1')?.value) < 8)
  assert.equal(last('vaccine.temperature1')?.unit, 'Cel')
  assert.ok(Number(last('fish.temperature2')?.value) < -18)
})

test('the gate agent makes an event of a label that the AutoID reader saw', async () => {
  const topic = topicOf(pointIds.gate, deviceIds.gateReader, 'event')
  const atMs = Date.now()
  await until('the event of the gate', () => {
    gate.read({ data: label, symbology: ']C1', grade: 3.4, timeMs: atMs })
    return eventsOn(topic).length > 0
  })
  const [event] = eventsOn(topic)
  const readPoint = { id: world.siteOf(pointIds.gate) }
  assert.partialDeepStrictEqual(event, { epcList: [palletOfLabel], bizStep: 'entering_exiting', readPoint })
})

test('the dock agent turns a scan in the dialect of the maker into goods that are in the chamber, at the time of the scan', async () => {
  const topic = topicOf(pointIds.dock, deviceIds.dockScanner, 'event')
  const atMs = Date.now() - 1_234
  let sent = false
  await until('the event of the dock', () => {
    sent ||= vendor.sendScan(label, { chamber: 'fish', direction: 'in' }, atMs)
    return eventsOn(topic).length > 0
  })
  const [event] = eventsOn(topic)
  assert.equal(eventsOn(topic).length, 1)
  const bizLocation = { id: world.chambers.fish }
  const eventTime = new Date(atMs).toISOString()
  assert.partialDeepStrictEqual(event, { epcList: [palletOfLabel], bizStep: 'storing', bizLocation, eventTime })
})

test('the yard agent reads container probes in the dialect of the maker', async () => {
  const topic = topicOf(pointIds.yard, 'probe-a2', 'telemetry')
  await until('a reading of probe A2', () => {
    vendor.sendProbe('A2', plant.sample('A2'))
    return readingsOn(topic).length >= 3
  })
  assert.ok(Number(readingsOn(topic).find((reading) => reading.metric === 'temperature')?.value) < -18)
})

test('a probe of our contract is born, keeps what was not committed over a cut line, and frees it at the watermark', async () => {
  const device = 'probe-b1'
  const probe = startNativeProbe({
    brokerUrl: line.url,
    point: pointIds.yard,
    device,
    secret: secrets[`${pointIds.yard}/${device}`] ?? '',
    metrics: []
  })
  try {
    const topic = topicOf(pointIds.yard, device, 'telemetry')
    await until('the birth', () => (platform.messages.get(topicOf(pointIds.yard, device, 'state')) ?? []).length > 0)
    const [birth] = platform.messages.get(topicOf(pointIds.yard, device, 'state')) ?? []
    const decoded = decodeMessage(state, birth ?? new Uint8Array())
    assert.ok(decoded.ok && decoded.value.online)
    const { boot } = decoded.value
    probe.send(plant.sample('B1'))
    await until('the first reading', () => (platform.messages.get(topic) ?? []).length === 1)
    line.cut()
    await until('the loss of the line', () => !probe.connected())
    for (let count = 0; count < 20; count += 1) probe.send(plant.sample('B1'))
    assert.equal(probe.waiting(), 21)
    line.mend()
    const seqs = () =>
      new Set(
        (platform.messages.get(topic) ?? []).map((bytes) => {
          const message = decodeMessage(telemetry, bytes)
          return message.ok ? message.value.seq : -1
        })
      )
    await until('everything kept', () => seqs().size === 21)
    platform.publish(topicOf(pointIds.yard, device, 'committed'), { v: 1, boot, upTo: 18 })
    await until('the watermark', () => probe.waiting() === 2)
  } finally {
    await probe[Symbol.asyncDispose]()
  }
})
