/** A real OPC UA server whose variables count, for benchmarks. */
import { DataType } from 'node-opcua-client'
import { nodesets } from 'node-opcua-nodesets'
import { OPCUAServer } from 'node-opcua-server'
import { freePort, serverCertificates } from './opcua-server.ts'

export interface CountingServer extends AsyncDisposable {
  readonly endpoint: string
  setAll(value: number): void
}

/** The variables are `ns=1;s=Counter0` and on. */
export async function startCountingServer(options: { readonly variables: number; readonly folder: string }): Promise<CountingServer> {
  const port = await freePort()
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    resourcePath: '/UA',
    nodeset_filename: [nodesets.standard],
    ...(await serverCertificates(options.folder)),
    allowAnonymous: true,
    // Otherwise changes within 50 ms are folded into one.
    serverCapabilities: { minSupportedSampleRate: 0 },
    disableDiscovery: true
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new Error('no address space')
  const counters = Array.from({ length: options.variables }, (_, index) =>
    addressSpace.getOwnNamespace().addVariable({
      browseName: `Counter${index}`,
      nodeId: `s=Counter${index}`,
      organizedBy: addressSpace.rootFolder.objects,
      dataType: 'Double',
      minimumSamplingInterval: 0
    })
  )
  const setAll = (value: number) => {
    for (const counter of counters) counter.setValueFromSource({ dataType: DataType.Double, value })
  }
  setAll(0)
  await server.start()
  return { endpoint: `opc.tcp://127.0.0.1:${port}/UA`, setAll, [Symbol.asyncDispose]: () => server.shutdown(0) }
}
