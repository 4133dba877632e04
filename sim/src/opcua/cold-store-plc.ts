/**
 * The PLC of the bonded cold store: an OPC UA server with a device after the Device Integration specification and one object a
 * chamber. It shows what the plant measures; it decides nothing.
 */
import type { ChamberName } from '../world/products.ts'
import { chamberNames } from '../world/products.ts'
import type { RoomSample } from '../plant.ts'
import { startOpcuaServer, type OpcuaServerOptions, type RunningServer } from './start-server.ts'

const plcNamespace = 'urn:tracegate:sim:cold-store'

/** EUInformation of OPC 10000-8: the unit id is the UN/ECE Recommendation 20 code read as a number. */
const engineeringUnits = {
  Cel: { code: 'CEL', text: '°C' },
  '%': { code: 'P1', text: '%' },
  A: { code: 'AMP', text: 'A' },
  kW: { code: 'KWT', text: 'kW' }
} as const

const nameplate: Readonly<Record<string, string>> = {
  Manufacturer: 'Simulated Refrigeration Ltd',
  Model: 'CS-3',
  SerialNumber: 'CS3-0001',
  HardwareRevision: '1.0',
  SoftwareRevision: '2.4.1',
  DeviceRevision: '1.0'
}

type AnalogName = 'temperature1' | 'temperature2' | 'humidity' | 'compressorCurrent' | 'setPoint' | 'power'

const analogs: readonly {
  readonly name: AnalogName
  readonly browseName: string
  readonly unit: keyof typeof engineeringUnits
  readonly low: number
  readonly high: number
}[] = [
  { name: 'temperature1', browseName: 'Temperature1', unit: 'Cel', low: -40, high: 60 },
  { name: 'temperature2', browseName: 'Temperature2', unit: 'Cel', low: -40, high: 60 },
  { name: 'humidity', browseName: 'Humidity', unit: '%', low: 0, high: 100 },
  { name: 'compressorCurrent', browseName: 'CompressorCurrent', unit: 'A', low: 0, high: 40 },
  { name: 'setPoint', browseName: 'SetPoint', unit: 'Cel', low: -30, high: 30 },
  { name: 'power', browseName: 'Power', unit: 'kW', low: 0, high: 60 }
]

/** Node id of a chamber's variable, stable over restarts. */
function plcNodeId(chamber: ChamberName, browseName: string): string {
  return `nsu=${plcNamespace};s=ColdStore.${chamber}.${browseName}`
}

/** Metric of the platform, UCUM unit and node of every variable that an agent should watch. */
export const plcVariables: readonly { readonly metric: string; readonly unit: string; readonly node: string }[] = chamberNames.flatMap(
  (chamber) => [
    ...analogs.map(({ name, browseName, unit }) => ({ metric: `${chamber}.${name}`, unit, node: plcNodeId(chamber, browseName) })),
    { metric: `${chamber}.doorOpen`, unit: '1', node: plcNodeId(chamber, 'DoorOpen') },
    { metric: `${chamber}.compressorRunning`, unit: '1', node: plcNodeId(chamber, 'CompressorRunning') }
  ]
)

export interface ColdStorePlc extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
  /** Shows a new sample of a chamber, with the time at which it was measured. */
  show(chamber: ChamberName, sample: RoomSample): void
}

type Show = (sample: RoomSample) => void

export interface ColdStorePlcOptions extends Omit<OpcuaServerOptions, 'name' | 'withAutoId'> {
  /** What a chamber's instruments show when the server starts: a client must never read a value that nobody measured. */
  readonly firstSample: (chamber: ChamberName) => RoomSample
}

export async function startColdStorePlc({ firstSample, ...options }: ColdStorePlcOptions): Promise<ColdStorePlc> {
  const shows = new Map<ChamberName, Show>()
  const running = await startOpcuaServer({ ...options, name: 'cold-store-plc', withAutoId: false }, ({ addressSpace }) => {
    const plc = addDevice(addressSpace)
    for (const chamber of chamberNames) {
      const show = addChamber(plc, chamber)
      show(firstSample(chamber))
      shows.set(chamber, show)
    }
  })
  return {
    endpoint: running.endpoint,
    port: running.port,
    show: (chamber, sample) => shows.get(chamber)?.(sample),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]()
  }
}

type AddressSpace = RunningServer['addressSpace']
type DeviceNode = ReturnType<typeof addDevice>

function addDevice(addressSpace: AddressSpace) {
  const di = addressSpace.getNamespace('http://opcfoundation.org/UA/DI/')
  const deviceType = di.findObjectType('DeviceType')
  if (deviceType === null) throw new TypeError('Cannot build PLC: the DI node set has no DeviceType')
  const deviceSet = addressSpace.rootFolder.objects.getFolderElementByName('DeviceSet', di.index)
  const namespace = addressSpace.registerNamespace(plcNamespace)
  // DeviceType is abstract (OPC 10000-100 §5.5): a maker derives its own.
  const plcType = namespace.addObjectType({ browseName: 'ColdStorePlcType', subtypeOf: deviceType })
  const device = plcType.instantiate({
    browseName: { name: 'ColdStorePlc', namespaceIndex: namespace.index },
    nodeId: `ns=${namespace.index};s=ColdStore`,
    namespace,
    optionals: ['Manufacturer', 'Model', 'SerialNumber', 'HardwareRevision', 'SoftwareRevision', 'DeviceRevision'],
    ...(deviceSet === null ? { organizedBy: addressSpace.rootFolder.objects } : { componentOf: deviceSet })
  })
  for (const [name, text] of Object.entries(nameplate)) {
    const value =
      name === 'Manufacturer' || name === 'Model' ? { dataType: 'LocalizedText', value: { text } } : { dataType: 'String', value: text }
    device.getPropertyByName(name, di.index)?.setValueFromSource(value)
  }
  return { device, namespace }
}

function addChamber({ device, namespace }: DeviceNode, chamber: ChamberName): Show {
  const folder = namespace.addObject({
    browseName: `Chamber_${chamber}`,
    nodeId: `ns=${namespace.index};s=ColdStore.${chamber}`,
    componentOf: device
  })
  const idOf = (browseName: string) => `ns=${namespace.index};s=ColdStore.${chamber}.${browseName}`
  const setters = analogs.map(({ name, browseName, unit, low, high }) => {
    const variable = namespace.addAnalogDataItem({
      browseName,
      nodeId: idOf(browseName),
      componentOf: folder,
      dataType: 'Double',
      engineeringUnitsRange: { low, high },
      engineeringUnits: euInformation(unit),
      value: { dataType: 'Double', value: 0 }
    })
    return (sample: RoomSample) =>
      variable.setValueFromSource({ dataType: 'Double', value: sample[name] }, undefined, new Date(sample.timeMs))
  })
  for (const [name, browseName] of [
    ['doorOpen', 'DoorOpen'],
    ['compressorRunning', 'CompressorRunning']
  ] as const) {
    const variable = namespace.addVariable({
      browseName,
      nodeId: idOf(browseName),
      componentOf: folder,
      dataType: 'Boolean',
      value: { dataType: 'Boolean', value: false }
    })
    setters.push((sample) => variable.setValueFromSource({ dataType: 'Boolean', value: sample[name] }, undefined, new Date(sample.timeMs)))
  }
  return (sample) => {
    for (const set of setters) set(sample)
  }
}

function euInformation(unit: keyof typeof engineeringUnits) {
  const { code, text } = engineeringUnits[unit]
  let unitId = 0
  for (const letter of code) unitId = unitId * 256 + letter.charCodeAt(0)
  return { namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact', unitId, displayName: { text }, description: { text } }
}
