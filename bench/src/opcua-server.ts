/** The server of the OPC UA benchmark, a process of its own: variables that count. Started by `opcua.ts` only. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, serverCertificates } from '@tracegate/edge/testing/opcua-server'
import { nodesets } from 'node-opcua-nodesets'
import { OPCUAServer } from 'node-opcua-server'

export interface ServerOrder {
  readonly ticks: number
  readonly periodMs: number
}

if (process.send !== undefined) await serve(process.send.bind(process), Number(process.argv[2]))

async function serve(send: (message: object) => void, variables: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  const server = await startCountingServer({ variables, folder })
  const count = async ({ ticks, periodMs }: ServerOrder) => {
    const startedMs = performance.now()
    for (let tick = 1; tick <= ticks; tick += 1) {
      // Against the start, so that a late tick does not delay all after it.
      await sleep(Math.max(0, startedMs + tick * periodMs - performance.now()))
      server.setAll(tick)
    }
    send({ sent: ticks * variables })
  }
  const end = async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
    process.exit(0)
  }
  process.on('message', (order: ServerOrder) => void count(order))
  process.once('disconnect', () => void end())
  send({ endpoint: server.endpoint })
}

interface CountingServer extends AsyncDisposable {
  readonly endpoint: string
  setAll(value: number): void
}

/** The variables are `ns=1;s=Counter0` and on. */
async function startCountingServer(options: { readonly variables: number; readonly folder: string }): Promise<CountingServer> {
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
    for (const counter of counters) counter.setValueFromSource({ dataType: 'Double', value })
  }
  setAll(0)
  await server.start()
  return { endpoint: `opc.tcp://127.0.0.1:${port}/UA`, setAll, [Symbol.asyncDispose]: () => server.shutdown(0) }
}
