/**
 * The simulated port as one thing to start and to end: rooms, servers, field bus, devices, goods and scenarios. It reaches the
 * platform only over its public doors: the broker, and EPCIS capture over HTTP.
 */
import type { EdgeConfig } from '@tracegate/edge/config'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { SimulatorControl } from '@tracegate/service/simulator'
import type { Secrets } from './credentials.ts'
import { startNativeProbe, type NativeProbe } from './devices/native-probe.ts'
import { startVendorDevices, type VendorDevices } from './devices/vendor-devices.ts'
import { edgeConfigs } from './edge-configs.ts'
import { simError } from './errors.ts'
import { createSimEvents, type SimEvents } from './events.ts'
import { startFieldBroker, type FieldBroker } from './field-broker.ts'
import { consignmentOf, goodsOf } from './goods/consignment.ts'
import { readGoodsState, type GoodsState } from './goods/goods-state.ts'
import type { GroundTruth } from './goods/ground-truth.ts'
import { freshGoods } from './goods/history.ts'
import { createPartner, type PartnerOptions } from './goods/partner.ts'
import { createGoods, type Goods, type Readers } from './goods.ts'
import { startLine, type Line } from './line.ts'
import { startColdStorePlc, type ColdStorePlc } from './opcua/cold-store-plc.ts'
import { startGateReader, type GateReader } from './opcua/gate-reader.ts'
import { createPlant, type Plant } from './plant.ts'
import { createSampleLog, type SampleLog, type SampleRecorder } from './sample-log.ts'
import { createScenarios } from './scenarios.ts'
import { handInComplaint } from './scenarios/complaints.ts'
import type { Breakables } from './scenarios/scenario.ts'
import type { World } from './world.ts'
import { readingIntervalMs } from './world/devices.ts'
import { isNativeSlot, pointIds, probeOf, slotNames, type SlotName } from './world/names.ts'
import { chamberNames } from './world/products.ts'

export interface SimulatorOptions {
  readonly world: World
  readonly secrets: Secrets
  readonly dataDir: string
  readonly host: string
  /** 0 takes a free one. */
  readonly ports: SimulatorPorts
  /** The platform's broker. */
  readonly broker: { readonly host: string; readonly port: number }
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface SimulatorPorts {
  readonly plc: number
  readonly gate: number
  readonly field: number
}

export interface Simulator extends AsyncDisposable {
  readonly world: World
  /** Scenarios that need devices or goods answer `SIM_NOT_STARTED` before these are there. */
  readonly control: SimulatorControl
  /** Throws before `startGoods`. */
  readonly groundTruth: GroundTruth
  /** What the instruments showed, once a second from `startDevices` on. */
  readonly samples: SampleLog
  /** Starts the OPC UA servers, the field bus and the devices; gives the agents to start. The broker must be there. */
  startDevices(): Promise<readonly EdgeConfig[]>
  /**
   * Begins to tell the back-history, again and again until the platform took it, and lets the goods flow then. Resolves at once;
   * `historyTold` waits. Labels are only read once somebody listens to the readers.
   */
  startGoods(api: PartnerOptions): Promise<void>
  /** Resolves when the platform has the back-history; undefined before `startGoods`. */
  historyTold(): Promise<void> | undefined
  /** The ports taken; known after `startDevices`. */
  ports(): SimulatorPorts | undefined
  /** The reader and barrier of the gate lane; undefined before `startDevices`. */
  gate(): GateReader | undefined
  /** Key of a vaccine that is, or was last, in the chamber: something to look up. Known after `startGoods`. */
  exampleKey(): string | undefined
}

interface Devices {
  readonly plc: ColdStorePlc
  readonly gate: GateReader
  readonly field: FieldBroker
  readonly vendor: VendorDevices
  readonly line: Line
  readonly probes: ReadonlyMap<SlotName, NativeProbe>
}

/** How full a chamber is with so many pallets. */
const palletsPerChamber = 24
/** A forklift keeps the door open for so long, in the time of the rooms; the wall clock sees the door for a moment only. */
const doorRoomMs = 36_000

/** Nothing runs yet. Devices and goods start apart, as they wait for different parts of the platform. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { world, dataDir, logger } = options
  const events = createSimEvents(options)
  const plant = createPlant(world, Date.now())
  const samples = createSampleLog()
  let devices: Devices | undefined
  let goods: Goods | undefined
  let apiUrl: string | undefined
  let state: GoodsState | undefined
  let told: Promise<void> | undefined
  let ticker: NodeJS.Timeout | undefined
  const needDevices = (action: string): Devices => devices ?? notStarted(action)
  const needGoods = (action: string): Goods => goods ?? notStarted(action)
  const breakables: Breakables = {
    world,
    plant,
    goods: () => needGoods('change goods'),
    line: () => needDevices('cut the line').line,
    probe: (slot) => needDevices('reach a probe').probes.get(slot),
    nowMs: Date.now,
    complain: (complaint) => handInComplaint(apiUrl, complaint)
  }
  const scenarios = createScenarios(breakables, logger)
  return {
    world,
    control: scenarios,
    get groundTruth() {
      return needGoods('read the ground truth').groundTruth
    },
    samples,
    historyTold: () => told,
    gate: () => devices?.gate,
    ports: () => (devices === undefined ? undefined : { plc: devices.plc.port, gate: devices.gate.port, field: devices.field.port }),
    exampleKey: () => (state === undefined ? undefined : exampleOf(world, state)),
    async startDevices() {
      const started = await startAll(options, plant)
      devices = started
      ticker = setInterval(() => tick({ plant, goods, devices: started, samples, events }), readingIntervalMs)
      return configsOf(options, started)
    },
    async startGoods(api) {
      apiUrl = api.url
      state = (await readGoodsState(dataDir)) ?? freshGoods(world, Date.now())
      const readers = readersOf({ devices: () => devices, plant, events, doorMs: doorRoomMs / world.speed })
      goods = createGoods({ world, state, dataDir, partner: createPartner(api), readers, logger })
      told = goods.start()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(ticker)
      await scenarios[Symbol.asyncDispose]()
      await goods?.[Symbol.asyncDispose]()
      if (devices !== undefined) await closeDevices(devices)
    }
  }
}

function notStarted(action: string): never {
  throw simError('SIM_NOT_STARTED', { action })
}

function configsOf(options: SimulatorOptions, { plc, gate, field, line }: Devices): EdgeConfig[] {
  return edgeConfigs(options.world, {
    secrets: options.secrets,
    dataDir: options.dataDir,
    brokerUrl: `mqtt://${options.broker.host}:${options.broker.port}`,
    yardBrokerUrl: line.url,
    plcEndpoint: plc.endpoint,
    gateEndpoint: gate.endpoint,
    fieldUrl: field.url
  })
}

/** Labels go past the readers, and the door stands open while a pallet passes. Before the devices are there nobody sees them. */
function readersOf({
  devices,
  plant,
  events,
  doorMs
}: {
  devices: () => Devices | undefined
  plant: Plant
  events: SimEvents
  doorMs: number
}): Readers {
  return {
    gate(label, atMs) {
      const seen = devices()?.gate.read({ data: label, symbology: ']C1', grade: 3.4, timeMs: atMs }) ?? false
      events.scanned('gate', seen)
      return seen
    },
    dock(label, to, atMs) {
      const seen = devices()?.vendor.sendScan(label, to, atMs) ?? false
      if (seen) plant.openDoor(to.chamber, atMs + doorMs, atMs)
      events.scanned('dock', seen)
      return seen
    }
  }
}

interface Ticking {
  readonly plant: Plant
  readonly goods: Goods | undefined
  readonly devices: Devices
  readonly samples: SampleRecorder
  readonly events: SimEvents
}

/** Once a second: the rooms move on and every instrument shows what it measures. */
function tick({ plant, goods, devices, samples, events }: Ticking): void {
  try {
    plant.advance(Date.now())
    if (goods !== undefined) for (const chamber of chamberNames) plant.setLoad(chamber, goods.palletsIn(chamber) / palletsPerChamber)
    for (const room of [...chamberNames, ...slotNames]) samples.note(room, plant.sample(room))
    showAll(plant, devices)
    events.sampled(chamberNames.length + slotNames.length)
  } catch (error) {
    events.tickFailed(error)
  }
}

function exampleOf(world: World, state: GoodsState): string | undefined {
  const arrived = state.consignments.filter((record) => goodsOf(world, record.number).name === 'vaccine' && record.arrivalMs <= Date.now())
  const newest = arrived.at(-1)
  return newest === undefined
    ? state.stock.find((one) => one.goods === 'vaccine')?.key
    : consignmentOf(world, newest).pallets.at(-1)?.items[0]
}

/** Shows what every instrument measured just now. */
function showAll(plant: Plant, { plc, vendor, probes }: Devices): void {
  for (const chamber of chamberNames) plc.show(chamber, plant.sample(chamber))
  for (const slot of slotNames) {
    const sample = plant.sample(slot)
    if (isNativeSlot(slot)) probes.get(slot)?.send(sample)
    else vendor.sendProbe(slot, sample)
  }
}

async function startAll(options: SimulatorOptions, plant: Plant): Promise<Devices> {
  const { host, ports, dataDir } = options
  const started = await Promise.allSettled([
    startColdStorePlc({ host, port: ports.plc, dataDir, firstSample: (chamber) => plant.sample(chamber) }),
    startGateReader({ host, port: ports.gate, dataDir }),
    startFieldBroker({ host, port: ports.field }),
    startLine({ host, to: options.broker })
  ])
  const [plc, gate, field, line] = started
  if (plc.status === 'fulfilled' && gate.status === 'fulfilled' && field.status === 'fulfilled' && line.status === 'fulfilled') {
    const vendor = await startVendorDevices(field.value)
    const probes = startProbes(options, line.value)
    return { plc: plc.value, gate: gate.value, field: field.value, line: line.value, vendor, probes }
  }
  await Promise.allSettled(started.flatMap((one) => (one.status === 'fulfilled' ? [one.value[Symbol.asyncDispose]()] : [])))
  throw started.find((one) => one.status === 'rejected')?.reason
}

function startProbes({ world, secrets }: SimulatorOptions, line: Line): ReadonlyMap<SlotName, NativeProbe> {
  const point = pointIds.yard
  return new Map(
    slotNames.filter(isNativeSlot).map((slot) => {
      const device = probeOf(slot)
      const metrics = world.devices.find((one) => one.point === point && one.id === device)?.metrics ?? []
      return [slot, startNativeProbe({ brokerUrl: line.url, point, device, secret: secrets[`${point}/${device}`] ?? '', metrics })]
    })
  )
}

async function closeDevices({ plc, gate, field, vendor, line, probes }: Devices): Promise<void> {
  await Promise.allSettled([...probes.values()].map((probe) => probe[Symbol.asyncDispose]()))
  await vendor[Symbol.asyncDispose]()
  await Promise.allSettled([plc, gate, field, line].map((part) => part[Symbol.asyncDispose]()))
}
