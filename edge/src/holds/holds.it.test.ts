/** Control orders at a real agent over a real broker: refused at once and without a line, told upward, and lifted again. */
import assert from 'node:assert/strict'
import { createPrivateKey, sign } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { encodeMessage } from '@tracegate/model/codec'
import { type ControlOrder, signedControlText } from '@tracegate/model/control'
import { planLists, type PlannedOrder } from '@tracegate/model/control-plan'
import type { ScanRule } from '@tracegate/model/scan-event'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { readYaml } from '@tracegate/service/yaml'
import mqtt from 'mqtt'
import { makeKeys } from '../commands/signature.ts'
import type { EdgeConfig } from '../config.ts'
import { startEdge } from '../edge.ts'
import { statusMetrics } from '../status/metrics.ts'
import { statusPage } from '../status/page.ts'
import { proposeOpcua } from '../source/opcua/propose.ts'
import { startPointServer } from '../testing/opcua-point-server.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from '../testing/test-broker.ts'

const gtin = '09521234543213'
const lotKey = `https://id.gs1.org/01/${gtin}/10/L1`
const gateRule: ScanRule = {
  readPoint: 'https://id.gs1.org/414/9506000134338',
  mode: 'observe',
  bizStep: 'departing',
  disposition: 'in_transit'
}
const withLot = (lot: string, serial: string) => ({ symbology: ']d2', data: `01${gtin}10${lot}\u001d21${serial}` })
const bare = (serial: string) => ({ symbology: ']d2', data: `01${gtin}21${serial}` })
const pallet = { symbology: ']C1', data: '00006141411234567890' }

const configOf = (broker: TestBroker, dataDir: string, change: Partial<EdgeConfig> = {}): EdgeConfig => ({
  point: 'p1',
  agent: 'agent',
  secret: 'secret',
  brokerUrl: broker.url,
  dataDir,
  outboxSync: 'normal',
  backOffMinMs: 20,
  backOffMaxMs: 100,
  flushTimeoutMs: 500,
  sources: [],
  devices: [{ id: 'r1', kind: 'opticalReader', name: { zh: '读码器', en: 'Reader' }, metrics: [] }],
  ...change
})
const start = (config: EdgeConfig) => startEdge(config, { logger: silentLogger, metrics: createMetrics() })
const planned = (keys: readonly string[], change: Partial<ControlOrder> = {}): PlannedOrder => ({
  head: { id: 'M-1', action: 'hold', reason: { zh: '超温', en: 'Too warm' }, reference: { measure: 'M-1' }, issuedAtMs: 1, ...change },
  ordered: keys,
  found: []
})

async function publisher(url: string) {
  const client = await mqtt.connectAsync(url, { clientId: `platform-${process.hrtime.bigint()}`, username: 'platform', password: 'x' })
  return {
    async list(revision: number, orders: readonly PlannedOrder[]) {
      const { lists } = planLists({ point: 'p1', revision, issuedAtMs: revision, orders })
      for (const list of lists.toReversed()) {
        const topic = `tg/v1/p1/-/control${list.part === 0 ? '' : `/${list.part}`}`
        await client.publishAsync(topic, Buffer.from(encodeMessage(list)), { qos: 1, retain: true })
      }
    },
    raw: (payload: string) => client.publishAsync('tg/v1/p1/-/control', payload, { qos: 1 }),
    [Symbol.asyncDispose]: () => client.endAsync(true)
  }
}

const eventsOf = (broker: TestBroker) => broker.received.flatMap(({ message }) => (isRecord(message['epcis']) ? [message['epcis']] : []))
const readingsOf = (broker: TestBroker, metric: string): unknown[] =>
  broker.received.flatMap(({ message, boot }) =>
    Array.isArray(message['readings'])
      ? message['readings'].flatMap((reading: unknown) =>
          isRecord(reading) && reading['metric'] === metric && boot.endsWith('-a') ? [reading['value']] : []
        )
      : []
  )

test('control orders at an agent', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const dataDir = join(folder.path, 'agent')
  let edge = await start(configOf(broker, dataDir))
  await using platform = await publisher(broker.url)
  const scan = async (one: { symbology: string; data: string }, rule: ScanRule | undefined = gateRule) => {
    const before = eventsOf(broker).length
    await edge.intake.scan(one, { device: 'r1', rule })
    await until('the event', () => eventsOf(broker).length > before)
    return eventsOf(broker).at(-1) ?? {}
  }
  const holds = (revision: number) => until(`revision ${revision}`, () => edge.status().control.revision === revision)

  await context.test(
    'TG-1201 TG-1204 TG-1208: goods of a held lot are refused, the event says so in CBV words, and the platform is told in the alarm lane',
    async () => {
      assert.equal((await scan(withLot('L1', '1')))['bizStep'], 'departing')
      await platform.list(5, [planned([lotKey])])
      await holds(5)
      await until('the revision upstream', () => readingsOf(broker, 'control.revision').includes(5))
      const refused = await scan(withLot('L1', '2'))
      assert.deepEqual(
        [refused['type'], refused['action'], refused['bizStep'], refused['disposition']],
        ['ObjectEvent', 'OBSERVE', 'holding', 'unavailable']
      )
      assert.deepEqual(
        [
          refused['tracegate:refusedBy'],
          refused['tracegate:refusedAction'],
          refused['tracegate:refusedBizStep'],
          refused['tracegate:controlRevision']
        ],
        ['M-1', 'hold', 'departing', 5]
      )
      await until('the alarm', () => readingsOf(broker, 'control.refusedScans').includes(1))
      assert.equal((await scan(withLot('L2', '3')))['bizStep'], 'departing')
    }
  )

  await context.test('a tag without its lot, and a pallet with such a unit inside, are refused by what this agent saw before', async () => {
    assert.equal((await scan(bare('1')))['bizStep'], 'holding')
    await platform.list(6, [])
    await holds(6)
    await edge.intake.scan(withLot('L1', '7'), { device: 'r1', rule: { ...gateRule, mode: 'pack', bizStep: 'packing' } })
    await scan(pallet, { ...gateRule, mode: 'pack', bizStep: 'packing' })
    await platform.list(7, [planned([lotKey], { action: 'recall' })])
    await holds(7)
    const refused = await scan(pallet)
    assert.deepEqual([refused['bizStep'], refused['disposition']], ['holding', 'recalled'])
  })

  await context.test('TG-1207: goods may be looked at and come back while they are held', async () => {
    assert.equal((await scan(withLot('L1', '2'), { ...gateRule, bizStep: 'inspecting' }))['bizStep'], 'inspecting')
    assert.equal((await scan(withLot('L1', '2'), { ...gateRule, bizStep: 'shipping', disposition: 'returned' }))['disposition'], 'returned')
  })

  await context.test('TG-1205: the list survives a restart without a line, an older one and nonsense change nothing', async () => {
    await platform.list(3, [])
    await platform.raw('{"v":1}')
    await until('the refusal', () => edge.status().counts.controlRefused === 1)
    assert.equal(edge.status().control.revision, 7)
    broker.faults.refuse = true
    broker.cut()
    await edge[Symbol.asyncDispose]()
    edge = await start(configOf(broker, dataDir))
    await edge.intake.scan(withLot('L1', '9'), { device: 'r1', rule: gateRule })
    assert.deepEqual(
      [edge.status().control.refusedScans, edge.status().control.lastRefusal?.order, edge.status().connected],
      [1, 'M-1', false]
    )
    broker.faults.refuse = false
    await until('the event of the refusal', () => eventsOf(broker).some((event) => JSON.stringify(event).includes('/21/9"')))
  })

  await context.test('TG-1206: a drill is told of and refuses nothing', async () => {
    await platform.list(8, [planned([lotKey], { drill: true })])
    await holds(8)
    assert.equal((await scan(withLot('L1', '2')))['bizStep'], 'departing')
    assert.equal(edge.status().counts.scansDrilled, 1)
  })

  await context.test('a list in several parts holds as a whole', async () => {
    const units = Array.from({ length: 5_000 }, (_, index) => `https://id.gs1.org/01/${gtin}/21/PART-${index}-ABCDEF`)
    await platform.list(9, [planned(units)])
    await holds(9)
    assert.equal(edge.status().control.keys, units.length)
    assert.equal((await scan(bare('PART-4999-ABCDEF')))['bizStep'], 'holding')
  })

  await context.test('the status page and the metrics show what is held and what was refused', () => {
    const configuration = {
      version: 'x',
      takenAtMs: 0,
      restart: [],
      reloads: 0,
      problems: [],
      problemsAtMs: undefined,
      remoteVersion: undefined,
      onTrial: false
    }
    const page = statusPage({ ...edge.status(), configuration }, Date.now())
    for (const text of ['布控货物', 'Held goods', '超温', 'revision 9', 'PART-4999-ABCDEF']) assert.ok(page.includes(text), text)
    assert.match(statusMetrics({ ...edge.status(), configuration }, Date.now()), /tracegate_edge_control_revision\{agent="p1\/agent"\} 9/)
  })
  await edge[Symbol.asyncDispose]()
})

test('a real gate over OPC UA is held at a refusal and released when the order is lifted', { timeout: 60_000 }, async () => {
  using folder = tempFolder()
  await using server = await startPointServer(folder.path)
  await using broker = await startTestBroker()
  const dataDir = join(folder.path, 'agent')
  const read = readYaml(await proposeOpcua(server.endpoint, { dataDir }))
  assert.ok(read.ok && isRecord(read.yaml.value) && Array.isArray(read.yaml.value['sources']))
  const source: unknown = read.yaml.value['sources'][0]
  assert.ok(isRecord(source))
  await using edge = await start(
    configOf(broker, dataDir, { sources: [{ ...source, type: 'opcua' }], gates: [{ reader: 'lane1', gate: 'gate1' }] })
  )
  await using platform = await publisher(broker.url)
  await until('the source', () => edge.status().sources.every(({ connected }) => connected))
  await platform.list(1, [planned([lotKey])])
  await until('the order', () => edge.status().control.revision === 1)
  await edge.intake.scan(withLot('L1', '1'), { device: 'lane1', rule: gateRule })
  await until('the gate', () => edge.status().control.gates[0]?.state === 'held')
  await platform.list(2, [])
  await until('the release', () => server.orders.length === 2)
  assert.deepEqual(server.orders, ['HoldGate 超温 / Too warm', 'ReleaseGate control order lifted'])
  assert.deepEqual(edge.status().control.gates, [])
})

test('TG-1205: with keys configured only lists that one of them has signed are taken', async () => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const keys = makeKeys()
  await using edge = await start(configOf(broker, join(folder.path, 'agent'), { controlKeys: [{ id: 'k1', publicKey: keys.publicKey }] }))
  const client = await mqtt.connectAsync(broker.url, { clientId: 'signer', username: 'platform', password: 'x' })
  const [list] = planLists({ point: 'p1', revision: 1, issuedAtMs: 1, orders: [planned([lotKey])] }).lists
  assert.ok(list !== undefined)
  const send = (payload: object) => client.publishAsync('tg/v1/p1/-/control', Buffer.from(encodeMessage(payload)), { qos: 1 })
  await until('the connection', () => edge.status().connected)
  const value = sign(null, Buffer.from(signedControlText(list)), createPrivateKey(keys.privateKey)).toString('base64url')
  for (const wrong of [list, { ...list, revision: 2, signature: { keyId: 'k1', value } }, { ...list, signature: { keyId: 'k2', value } }])
    await send(wrong)
  await until('three refusals', () => edge.status().counts.controlRefused === 3)
  assert.equal(edge.status().control.revision, 0)
  await send({ ...list, signature: { keyId: 'k1', value } })
  await until('the list', () => edge.status().control.revision === 1)
  await client.endAsync(true)
})
