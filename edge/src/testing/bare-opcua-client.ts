/** The client library alone with one subscription: what a benchmark compares the source with. It keeps nothing. */
import { AttributeIds, MessageSecurityMode, OPCUAClient, SecurityPolicy, TimestampsToReturn } from 'node-opcua-client'

export async function startBareOpcuaClient(options: {
  readonly endpoint: string
  readonly nodes: readonly string[]
  readonly samplingMs: number
  readonly publishingMs: number
  readonly queueLengthMax: number
  readonly onValue: (index: number, value: unknown) => void
}): Promise<AsyncDisposable> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None
  })
  await client.connect(options.endpoint)
  const session = await client.createSession()
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: options.publishingMs,
    requestedLifetimeCount: 1_000,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 10_000,
    publishingEnabled: true
  })
  const group = await subscription.monitorItems(
    options.nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    { samplingInterval: options.samplingMs, discardOldest: true, queueSize: options.queueLengthMax },
    TimestampsToReturn.Both
  )
  group.on('changed', (_item, dataValue, index) => options.onValue(index, dataValue.value.value))
  return { [Symbol.asyncDispose]: () => client.disconnect() }
}
