/** A real OPC UA server for tests: two variables and an AutoID optical reader that raises scan events. */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { nodesets } from 'node-opcua-nodesets'
import { DataType, StatusCodes, Variant, VariantArrayType } from 'node-opcua-client'
import { OPCUAServer, type OPCUAServerOptions } from 'node-opcua-server'
import { createCertificateManager } from '../source/opcua/certificates.ts'

export interface TestOpcuaServer extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
  setTemperature(
    value: number,
    options?: { readonly status?: 'Good' | 'UncertainLastUsableValue' | 'BadSensorFailure'; readonly timeMs?: number }
  ): void
  scan(result: { readonly text: string; readonly symbology?: string; readonly grade?: number; readonly timeMs: number }): void
  scanEpc(epc: Buffer): void
  /** A variable that the server samples once an hour: its subscription is silent, a read is not. */
  setSlow(value: number): void
  removeDoor(): void
  restoreDoor(): void
  /** Without an event. */
  setLastScan(text: string): void
  setReaderStatus(status: 0 | 1 | 2): void
  /** Methods that were called, with the Duration of ScanStart. */
  readonly calls: string[]
  /** Sessions that clients hold. */
  sessions(): number
}

const diNamespace = 'http://opcfoundation.org/UA/DI/'
const autoIdNamespace = 'http://opcfoundation.org/UA/AutoID/'
export const testNamespace = 'urn:test:plant'

export async function startTestOpcuaServer(
  folder: string,
  wantedPort?: number,
  /** Before that of the plant, whose index they move. */
  namespacesBefore: readonly string[] = []
): Promise<TestOpcuaServer> {
  const port = wantedPort ?? (await freePort())
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    resourcePath: '/UA',
    nodeset_filename: [nodesets.standard, nodesets.di, nodesets.autoId],
    ...(await serverCertificates(join(folder, 'server-pki'))),
    allowAnonymous: true,
    disableDiscovery: true
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new Error('no address space')
  for (const uri of namespacesBefore) addressSpace.registerNamespace(uri)
  const namespace = addressSpace.registerNamespace(testNamespace)
  const plant = namespace.addObject({ browseName: 'Plant', organizedBy: addressSpace.rootFolder.objects })
  const temperature = namespace.addVariable({
    browseName: 'Temperature',
    nodeId: 's=Plant.Temperature',
    componentOf: plant,
    dataType: 'Double'
  })
  temperature.setValueFromSource({ dataType: DataType.Double, value: 4 })
  const addDoor = () => {
    const added = namespace.addVariable({ browseName: 'DoorOpen', nodeId: 's=Plant.DoorOpen', componentOf: plant, dataType: 'Boolean' })
    added.setValueFromSource({ dataType: DataType.Boolean, value: true })
    return added
  }
  let door = addDoor()
  let slowValue = 1
  namespace.addVariable({
    browseName: 'Slow',
    nodeId: 's=Plant.Slow',
    componentOf: plant,
    dataType: 'Double',
    minimumSamplingInterval: 3_600_000,
    value: { get: () => new Variant({ dataType: DataType.Double, value: slowValue }) }
  })
  const autoId = addressSpace.getNamespace(autoIdNamespace)
  const readerType = autoId.findObjectType('OpticalReaderDeviceType')
  const eventType = addressSpace.findEventType('OpticalScanEventType', autoId.index)
  const rfidEventType = addressSpace.findEventType('RfidScanEventType', autoId.index)
  const resultType = autoId.findDataType('OpticalScanResult')
  const rfidResultType = autoId.findDataType('RfidScanResult')
  const sightingType = autoId.findDataType('RfidSighting')
  const epcType = autoId.findDataType('ScanDataEpc')
  const dataType = autoId.findDataType('ScanData')
  const deviceSet = addressSpace.rootFolder.objects.getFolderElementByName('DeviceSet', addressSpace.getNamespace(diNamespace).index)
  if (!readerType || !eventType || !rfidEventType || !resultType || !rfidResultType || !sightingType || !epcType || !dataType || !deviceSet)
    throw new Error('the AutoID node set is not whole')
  const reader = readerType.instantiate({
    browseName: 'Reader',
    componentOf: deviceSet,
    eventSourceOf: addressSpace.rootFolder.objects.server,
    nodeId: 's=Reader',
    namespace,
    optionals: ['ScanStart', 'ScanStop', 'LastScanData']
  })
  const calls: string[] = []
  for (const name of ['ScanStart', 'ScanStop'])
    reader.getMethodByName(name, autoId.index)?.bindMethod((inputs, _context, done) => {
      const settings: unknown = inputs[0]?.value
      const duration = typeof settings === 'object' && settings !== null && 'duration' in settings ? ` ${String(settings.duration)}` : ''
      calls.push(`${name}${duration}`)
      const outputArguments = name === 'ScanStart' ? [{ dataType: DataType.Int32, value: 0 }] : []
      done(null, { statusCode: StatusCodes.Good, outputArguments })
    })
  const status = reader.getComponentByName('DeviceStatus', autoId.index)
  const lastScan = reader.getComponentByName('LastScanData', autoId.index)
  const setChild = (child: typeof status, value: Variant) => {
    if (child === null || !isVariable(child)) throw new Error('the reader has no such variable')
    child.setValueFromSource(value)
  }

  const raise = (type: typeof eventType, result: object) =>
    reader.raiseEvent(type, {
      deviceName: { dataType: DataType.String, value: 'Lane 1' },
      scanResult: new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [result] })
    })
  await server.start()
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}/UA`,
    port,
    setTemperature(value, { status = 'Good', timeMs } = {}) {
      temperature.setValueFromSource(
        { dataType: DataType.Double, value },
        StatusCodes[status],
        timeMs === undefined ? undefined : new Date(timeMs)
      )
    },
    scan({ text, symbology, grade, timeMs }) {
      raise(
        eventType,
        addressSpace.constructExtensionObject(resultType, {
          codeType: 'RAW:STRING',
          scanData: addressSpace.constructExtensionObject(dataType, { string: text }),
          timestamp: new Date(timeMs),
          ...(grade === undefined ? {} : { grade }),
          ...(symbology === undefined ? {} : { symbology })
        })
      )
    },
    scanEpc(uId) {
      raise(
        rfidEventType,
        addressSpace.constructExtensionObject(rfidResultType, {
          codeType: 'EPC',
          scanData: addressSpace.constructExtensionObject(dataType, {
            epc: addressSpace.constructExtensionObject(epcType, { PC: 0x3000, uId, XPC_W1: 0, XPC_W2: 0 })
          }),
          timestamp: new Date(1_700_000_000_000),
          sighting: [
            addressSpace.constructExtensionObject(sightingType, { antenna: 1, strength: -60, timestamp: new Date(), currentPowerLevel: 0 }),
            addressSpace.constructExtensionObject(sightingType, { antenna: 3, strength: -41, timestamp: new Date(), currentPowerLevel: 0 })
          ]
        })
      )
    },
    setSlow(value) {
      slowValue = value
    },
    removeDoor: () => addressSpace.deleteNode(door.nodeId),
    restoreDoor() {
      door = addDoor()
    },
    setLastScan: (value) => setChild(lastScan, new Variant({ dataType: DataType.String, value })),
    setReaderStatus: (value) => setChild(status, new Variant({ dataType: DataType.Int32, value })),
    calls,
    sessions: () => server.engine.currentSessionCount,
    [Symbol.asyncDispose]: () => server.shutdown(0)
  }
}

/** The client's manager is the server's too; its type says less. */
export async function serverCertificates(folder: string): Promise<Pick<OPCUAServerOptions, 'serverCertificateManager'>> {
  const manager: unknown = await createCertificateManager(folder, true)
  return isServerManager(manager) ? { serverCertificateManager: manager } : {}
}

export function isServerManager(manager: unknown): manager is NonNullable<OPCUAServerOptions['serverCertificateManager']> {
  return typeof manager === 'object' && manager !== null && 'initialize' in manager
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', () => resolve())
  })
  const address = probe.address()
  await new Promise<void>((resolve) => {
    probe.close(() => resolve())
  })
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function isVariable(node: object): node is { setValueFromSource(value: Variant): void } {
  return 'setValueFromSource' in node && typeof node.setValueFromSource === 'function'
}
