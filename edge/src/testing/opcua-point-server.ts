/** A real OPC UA server with the monitoring point model for tests: one point with a probe, a gate and an AutoID reader. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DataType, StatusCodes, Variant } from 'node-opcua-client'
import { nodesets } from 'node-opcua-nodesets'
import { OPCUAServer } from 'node-opcua-server'
import { autoIdNamespace } from '../source/opcua/autoid-types.ts'
import { freePort, serverCertificates } from './opcua-server.ts'

export const pointNamespace = 'https://tracegate.dev/UA/MonitoringPoint/'
const diNamespace = 'http://opcfoundation.org/UA/DI/'
export const siteNamespace = 'urn:test:cold-store'
export const pointNodeset = fileURLToPath(new URL('../../../firmware-specs/opcua/Tracegate.MonitoringPoint.NodeSet2.xml', import.meta.url))

export interface PointServer extends AsyncDisposable {
  readonly endpoint: string
  readonly server: OPCUAServer
  setTemperature(value: number, timeMs: number): void
  raiseOutOfLimits(event: { readonly metric: string; readonly value: number; readonly limit: number }): void
  /** Orders that the gate took, with their reasons. */
  readonly orders: string[]
}

/** UNECE codes (OPC 10000-8 §5.6.3): the letters of the common code as the bytes of a number. */
const celsius = 4408652
const percent = 20529

export async function startPointServer(folder: string): Promise<PointServer> {
  const port = await freePort()
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    resourcePath: '/UA',
    nodeset_filename: [nodesets.standard, nodesets.di, nodesets.autoId, pointNodeset],
    ...(await serverCertificates(join(folder, 'point-server-pki'))),
    allowAnonymous: true,
    disableDiscovery: true
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new Error('no address space')
  const model = addressSpace.getNamespace(pointNamespace)
  const site = addressSpace.registerNamespace(siteNamespace)
  const pointType = model.findObjectType('MonitoringPointType')
  const deviceType = model.findObjectType('MonitoringDeviceType')
  const gateType = model.findObjectType('GateType')
  const metricType = model.findVariableType('MetricType')
  const switchType = addressSpace.findVariableType('TwoStateDiscreteType')
  const eventType = addressSpace.findEventType('ReadingOutOfLimitsEventType', model.index)
  const readerType = addressSpace.getNamespace(autoIdNamespace).findObjectType('OpticalReaderDeviceType')
  if (!pointType || !deviceType || !gateType || !metricType || !switchType || !eventType || !readerType)
    throw new Error('the monitoring point model is not whole')
  const { objects } = addressSpace.rootFolder
  const text = (value: string) => ({ dataType: DataType.String, value })
  const point = pointType.instantiate({
    browseName: { name: 'p1', namespaceIndex: site.index },
    organizedBy: objects,
    notifierOf: objects.server,
    namespace: site,
    optionals: ['PointName', 'Place', 'Readers']
  })
  point.getPropertyByName('PointId', model.index)?.setValueFromSource(text('p1'))
  point.getPropertyByName('ContractVersion', model.index)?.setValueFromSource({ dataType: DataType.UInt32, value: 1 })
  const device = deviceType.instantiate({
    browseName: { name: 'chamber', namespaceIndex: site.index },
    componentOf: point,
    namespace: site
  })
  const setDevice = (name: string, value: string) => device.getPropertyByName(name, model.index)?.setValueFromSource(text(value))
  setDevice('DeviceId', 'chamber')
  setDevice('BootId', 'b-1')
  const di = addressSpace.getNamespace(diNamespace).index
  const setText = (name: string, value: string) =>
    device.getPropertyByName(name, di)?.setValueFromSource({ dataType: DataType.LocalizedText, value: { text: value } })
  setText('Manufacturer', 'Frost Works')
  setText('Model', 'FW-12')
  device.getPropertyByName('SerialNumber', di)?.setValueFromSource(text('SN-77'))
  device.getPropertyByName('SoftwareRevision', di)?.setValueFromSource(text('2.4.1'))
  const metric = (name: string, unitId: number, low: number, high: number) => {
    const variable = metricType.instantiate({
      browseName: { name, namespaceIndex: site.index },
      componentOf: device,
      namespace: site,
      dataType: 'Double',
      optionals: ['EURange', 'CalibrationDue'],
      minimumSamplingInterval: 0
    })
    const unit = addressSpace.constructExtensionObject(addressSpace.findDataType('EUInformation') ?? raise('EUInformation'), {
      namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact',
      unitId,
      displayName: { text: name }
    })
    const range = addressSpace.constructExtensionObject(addressSpace.findDataType('Range') ?? raise('Range'), { low, high })
    variable.getPropertyByName('EngineeringUnits')?.setValueFromSource({ dataType: DataType.ExtensionObject, value: unit })
    variable.getPropertyByName('EURange')?.setValueFromSource({ dataType: DataType.ExtensionObject, value: range })
    return variable
  }
  const temperature = metric('temperature', celsius, -40, 40)
  metric('humidity', percent, 0, 100).setValueFromSource({ dataType: DataType.Double, value: 61.5 })
  const door = switchType.instantiate({
    browseName: { name: 'doorOpen', namespaceIndex: site.index },
    componentOf: device,
    namespace: site,
    dataType: 'Boolean'
  })
  door.setValueFromSource({ dataType: DataType.Boolean, value: false })
  const gate = gateType.instantiate({
    browseName: { name: 'gate1', namespaceIndex: site.index },
    componentOf: point,
    namespace: site,
    optionals: ['HeldSince', 'Reason']
  })
  const orders: string[] = []
  for (const name of ['HoldGate', 'ReleaseGate'])
    gate.getMethodByName(name, model.index)?.bindMethod((inputs, _context, done) => {
      orders.push(`${name} ${String(inputs[0]?.value)}`)
      done(null, { statusCode: StatusCodes.Good, outputArguments: [] })
    })
  const deviceSet = objects.getFolderElementByName('DeviceSet', di)
  if (deviceSet === null) throw new Error('DI has no DeviceSet')
  const reader = readerType.instantiate({
    browseName: { name: 'lane1', namespaceIndex: site.index },
    componentOf: deviceSet,
    namespace: site,
    eventSourceOf: objects.server,
    optionals: ['ScanStart', 'ScanStop', 'LastScanData']
  })
  const readers = point.getFolderElementByName('Readers', model.index)
  readers?.addReference({ referenceType: 'Organizes', isForward: true, nodeId: reader.nodeId })
  await server.start()
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}/UA`,
    server,
    orders,
    setTemperature: (value, timeMs) =>
      temperature.setValueFromSource({ dataType: DataType.Double, value }, StatusCodes.Good, new Date(timeMs)),
    raiseOutOfLimits({ metric: name, value, limit }) {
      point.raiseEvent(eventType, {
        deviceId: new Variant(text('chamber')),
        metric: new Variant(text(name)),
        value: new Variant({ dataType: DataType.Double, value }),
        limit: new Variant({ dataType: DataType.Double, value: limit }),
        ucumUnit: new Variant(text('Cel')),
        isHigh: new Variant({ dataType: DataType.Boolean, value: value > limit }),
        severity: new Variant({ dataType: DataType.UInt16, value: 700 })
      })
    },
    [Symbol.asyncDispose]: () => server.shutdown(0)
  }
}

function raise(name: string): never {
  throw new Error(`the standard node set has no ${name}`)
}
