/**
 * The optical reader at the gate: an OPC UA server after the AutoID companion specification (OPC 30010) that raises an
 * OpticalScanEvent for every label that passes while scanning is on. It reads labels; what they mean is not its business.
 */
import { addLaneGate, type LaneGate } from './lane-gate.ts'
import { startOpcuaServer, type OpcuaServerOptions, type RunningServer } from './start-server.ts'

export const gateNamespace = 'urn:tracegate:sim:gate'
export const gateDeviceName = 'Gate lane 1'
const autoIdUri = 'http://opcfoundation.org/UA/AutoID/'
const diUri = 'http://opcfoundation.org/UA/DI/'

/** One label as the camera saw it. */
interface LabelSeen {
  readonly data: string
  /** AIM symbology identifier, e.g. `]C1`. */
  readonly symbology: string
  /** ISO/IEC 15415 grade 0 to 4. */
  readonly grade: number
  readonly timeMs: number
}

export interface GateReader extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
  /** False when scanning is stopped: the label was not seen. */
  read(label: LabelSeen): boolean
  /** The barrier and its lamp: red while goods are refused. */
  readonly gate: LaneGate
}

type AddressSpace = RunningServer['addressSpace']

export async function startGateReader(options: Omit<OpcuaServerOptions, 'name' | 'withAutoId'>): Promise<GateReader> {
  let reader: ReturnType<typeof addReader> | undefined
  let gate: (() => LaneGate) | undefined
  const running = await startOpcuaServer({ ...options, name: 'gate-reader', withAutoId: true }, ({ addressSpace }) => {
    reader = addReader(addressSpace)
    gate = addLaneGate(addressSpace, gateNamespace)
  })
  return {
    endpoint: running.endpoint,
    port: running.port,
    read: (label) => reader?.read(label) ?? false,
    get gate() {
      return gate?.() ?? { lamp: 'green', reason: '' }
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]()
  }
}

function addReader(addressSpace: AddressSpace) {
  const { device, autoIdIndex } = addDevice(addressSpace)
  let scanning = true
  const show = (name: string, value: { dataType: string; value: unknown }, time?: Date) => {
    const variable = device.getComponentByName(name, autoIdIndex) ?? device.getPropertyByName(name, autoIdIndex)
    if (variable !== null && 'setValueFromSource' in variable) variable.setValueFromSource(value, undefined, time)
  }
  const setScanning = (on: boolean) => {
    scanning = on
    show('ScanActive', { dataType: 'Boolean', value: on })
    show('DeviceStatus', { dataType: 'Int32', value: on ? 2 : 0 })
  }
  show('DeviceName', { dataType: 'String', value: gateDeviceName })
  show('AutoIdModelVersion', { dataType: 'String', value: '1.01' })
  setScanning(true)
  device.getMethodByName('ScanStart', autoIdIndex)?.bindMethod((_inputs, _context, done) => {
    setScanning(true)
    done(null, { outputArguments: [{ dataType: 'Int32', value: 0 }] })
  })
  device.getMethodByName('ScanStop', autoIdIndex)?.bindMethod((_inputs, _context, done) => {
    setScanning(false)
    done(null, { outputArguments: [] })
  })
  const raise = eventRaiser(addressSpace, device)
  return {
    read(label: LabelSeen): boolean {
      if (!scanning) return false
      raise(label)
      show('LastScanData', { dataType: 'String', value: label.data }, new Date(label.timeMs))
      return true
    }
  }
}

function addDevice(addressSpace: AddressSpace) {
  const di = addressSpace.getNamespace(diUri)
  const autoId = addressSpace.getNamespace(autoIdUri)
  const readerType = autoId.findObjectType('OpticalReaderDeviceType')
  if (readerType === null) throw new TypeError('Cannot build gate reader: the AutoID node set has no OpticalReaderDeviceType')
  const deviceSet = addressSpace.rootFolder.objects.getFolderElementByName('DeviceSet', di.index)
  const namespace = addressSpace.registerNamespace(gateNamespace)
  const device = readerType.instantiate({
    browseName: { name: 'GateReader', namespaceIndex: namespace.index },
    nodeId: `ns=${namespace.index};s=GateReader`,
    namespace,
    optionals: ['ScanStart', 'ScanStop', 'ScanActive', 'LastScanData'],
    ...(deviceSet === null ? { organizedBy: addressSpace.rootFolder.objects } : { componentOf: deviceSet }),
    eventSourceOf: addressSpace.rootFolder.objects.server
  })
  return { device, autoIdIndex: autoId.index }
}

function eventRaiser(addressSpace: AddressSpace, device: ReturnType<typeof addDevice>['device']): (label: LabelSeen) => void {
  const autoId = addressSpace.getNamespace(autoIdUri)
  const eventType = addressSpace.findEventType('OpticalScanEventType', autoId.index)
  const resultType = autoId.findDataType('OpticalScanResult')
  const scanDataType = autoId.findDataType('ScanData')
  if (eventType === null || resultType === null || scanDataType === null)
    throw new TypeError('Cannot build gate reader: the AutoID node set has no OpticalScanEventType, OpticalScanResult or ScanData')
  const namespace = addressSpace.getNamespace(gateNamespace)
  const lastResult = namespace.addVariable({
    browseName: 'LastScanResult',
    nodeId: `ns=${namespace.index};s=GateReader.LastScanResult`,
    componentOf: device,
    dataType: resultType.nodeId,
    valueRank: 1
  })
  return (label) => {
    const scanData = addressSpace.constructExtensionObject(scanDataType, { string: label.data })
    const result = addressSpace.constructExtensionObject(resultType, {
      codeType: 'RAW:STRING',
      scanData,
      timestamp: new Date(label.timeMs),
      grade: label.grade,
      symbology: label.symbology
    })
    lastResult.setValueFromSource({ dataType: 'ExtensionObject', arrayType: 'Array', value: [result] }, undefined, new Date(label.timeMs))
    device.raiseEvent(eventType, {
      deviceName: { dataType: 'String', value: gateDeviceName },
      scanResult: lastResult.readValue().value,
      message: { dataType: 'LocalizedText', value: { text: 'label read' } },
      severity: { dataType: 'UInt16', value: 100 }
    })
  }
}
