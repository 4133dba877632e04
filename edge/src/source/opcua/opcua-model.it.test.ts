/** The monitoring point model: its node set by its own rules and in a real server, proposed and read by the source. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { readYaml } from '@tracegate/service/yaml'
import { Type } from 'typebox'
import { EdgeDevice } from '../../config.ts'
import { pointNamespace, pointNodeset, siteNamespace, startPointServer } from '../../testing/opcua-point-server.ts'
import { configure, probe, startSource } from '../../testing/source-harness.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { until } from '../../testing/test-broker.ts'
import { OpcuaSource } from './opcua-config.ts'
import { proposeOpcua } from './propose.ts'

const nodeset = readFileSync(pointNodeset, 'utf8')
const proposed = compileValidator(Type.Object({ sources: Type.Array(OpcuaSource), devices: Type.Optional(Type.Array(EdgeDevice)) }))

function configurationOf(text: string) {
  const read = readYaml(text)
  assert.ok(read.ok, read.ok ? '' : read.message)
  const checked = proposed.check(read.yaml.value)
  assert.ok(checked.ok, checked.ok ? '' : `${checked.reason.pointer} ${checked.reason.message}`)
  return checked.value
}

test('TG-1001: the node set has stable numeric ids of its own namespace, each once, and refers to nothing that is not there', () => {
  const ids = [...nodeset.matchAll(/<UA\w+ NodeId="([^"]+)"/g)].map((match) => match[1] ?? '')
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^ns=1;i=[1-9]\d{3}$/)
  const known = new Set(ids)
  const named = [...nodeset.matchAll(/>(ns=1;i=\d+)<|(?:ParentNodeId|MethodDeclarationId|DataType)="(ns=1;i=\d+)"/g)]
  for (const [, target, attribute] of named) assert.ok(known.has(target ?? attribute ?? ''), `${target ?? attribute} is nowhere`)
  const aliases = new Set([...nodeset.matchAll(/Alias="(\w+)"/g)].map((match) => match[1]))
  for (const [, type] of nodeset.matchAll(/(?:ReferenceType|DataType)="(\w+)"/g)) assert.ok(aliases.has(type), `alias ${type} is nowhere`)
})

test('TG-1001: each node has a parent, each component its modelling rule, and references to a parent are answered by it', () => {
  const nodes = new Map([...nodeset.matchAll(/<(UA\w+) NodeId="([^"]+)"[\s\S]*?<\/\1>/g)].map(([text, , id]) => [id ?? '', text]))
  for (const [id, text] of nodes) {
    const parent = /ParentNodeId="(ns=1;[^"]+)"/.exec(text)?.[1]
    if (parent === undefined) continue
    assert.match(nodes.get(parent) ?? '', new RegExp(`>${id}<`), `${parent} does not name its child ${id}`)
    assert.match(text, new RegExp(`IsForward="false">${parent}<`), `${id} does not name its parent`)
    assert.match(text, /HasTypeDefinition|<UAMethod/)
  }
  assert.match(
    nodeset,
    /<Model ModelUri="https:\/\/tracegate\.dev\/UA\/MonitoringPoint\/" Version="\d+\.\d+\.\d+" PublicationDate="[\dT:-]+Z">/
  )
  assert.match(nodeset, /<RequiredModel ModelUri="http:\/\/opcfoundation\.org\/UA\/"/)
  assert.match(nodeset, /<RequiredModel ModelUri="http:\/\/opcfoundation\.org\/UA\/DI\/"/)
})

test('the monitoring point model in a real server', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  await using server = await startPointServer(folder.path)
  const measuredAtMs = Date.now() - 5_000
  server.setTemperature(-18.5, measuredAtMs)
  const dataDir = join(folder.path, 'agent')
  const text = await proposeOpcua(server.endpoint, { dataDir })
  const { sources, devices = [] } = configurationOf(text)
  const [source] = sources
  assert.ok(source !== undefined)

  await context.test(
    'TG-1001 TG-1002: a browse recognises the point, its device, metrics with units, gate and reader, and writes a configuration',
    () => {
      assert.match(text, /monitoring point "p1"/)
      assert.deepEqual(
        source.variables.map(({ metric, unit }) => `${metric} ${unit}`),
        ['temperature Cel', 'humidity %', 'doorOpen 1']
      )
      for (const { node } of source.variables) assert.ok(node.startsWith(`nsu=${siteNamespace};`), 'addresses survive a renumbering')
      assert.match(text, /range of the server: -40 to 40/)
      assert.deepEqual(
        source.gates?.map(({ device }) => device),
        ['gate1']
      )
      assert.equal(source.autoId?.device, 'lane1')
      const chamber = devices.find(({ id }) => id === 'chamber')
      assert.deepEqual(chamber?.identity, { manufacturer: 'Frost Works', model: 'FW-12', serialNumber: 'SN-77', firmware: '2.4.1' })
      assert.equal(devices.find(({ id }) => id === 'lane1')?.kind, 'opticalReader')
    }
  )

  await context.test('what was proposed is taken as it is: readings arrive with the time of the measurement', async () => {
    await using harness = await startSource({ ...source, publishingMs: 50 }, dataDir)
    await until('the three metrics', () => new Set(harness.readings.map(({ metric }) => metric)).size === 3)
    const temperature = harness.readings.find(({ metric }) => metric === 'temperature')
    assert.deepEqual(temperature, { device: 'chamber', metric: 'temperature', unit: 'Cel', value: -18.5, quality: 2, timeMs: measuredAtMs })
    assert.equal(harness.readings.find(({ metric }) => metric === 'doorOpen')?.value, 0)
  })

  await context.test('an event of the model becomes readings, and only its type', async () => {
    const events = [
      {
        eventType: `nsu=${pointNamespace};i=1004`,
        device: 'chamber',
        readings: [
          { field: `nsu=${pointNamespace};Value`, metric: 'outOfLimits', unit: 'Cel' },
          { field: 'Severity', metric: 'severity', unit: '1', scale: 0.001 },
          { field: `nsu=${pointNamespace};IsHigh`, metric: 'isHigh', unit: '1' }
        ]
      }
    ]
    await using harness = await startSource({ ...source, variables: [], autoId: undefined, publishingMs: 50, events }, dataDir)
    await until('the connection', () => harness.source.status().connected)
    server.raiseOutOfLimits({ metric: 'temperature', value: -12.5, limit: -15 })
    await until('the readings', () => harness.readings.length >= 3)
    assert.deepEqual(
      harness.readings.map(({ metric, value }) => `${metric} ${value}`),
      ['outOfLimits -12.5', 'severity 0.7000000000000001', 'isHigh 1']
    )
    assert.ok(harness.readings.every(({ device, timeMs }) => device === 'chamber' && Math.abs(timeMs - Date.now()) < 10_000))
  })

  await context.test('the orders holdGate and releaseGate call the methods of the gate', async () => {
    await using harness = await startSource(source, dataDir)
    await until('the connection', () => harness.source.status().connected)
    const { signal } = new AbortController()
    const order = (name: 'holdGate' | 'releaseGate', device: string) =>
      harness.source.command?.({ name, device, reason: 'recall 7' }, signal)
    assert.deepEqual(await order('holdGate', 'gate1'), { status: 'done' })
    assert.deepEqual(await order('releaseGate', 'gate1'), { status: 'done' })
    assert.deepEqual(server.orders, ['HoldGate recall 7', 'ReleaseGate recall 7'])
    assert.equal((await order('holdGate', 'nobody'))?.status, 'refused')
  })

  await context.test('a probe shows one reading of each variable and the status of the reader, and ends', async () => {
    const findings = await probe({ ...source, variables: [...source.variables, { node: 'i=999999', metric: 'none', unit: '1' }] }, dataDir)
    const detailOf = (item: string | undefined) => findings.find((finding) => finding.item === item)?.detail ?? ''
    assert.match(detailOf(source.variables[0]?.node), /^temperature = -18\.5 Cel at \d{4}-.*Good$/)
    assert.match(detailOf(source.autoId?.reader), /DeviceStatus is Idle, ScanStart/)
    assert.match(detailOf('i=999999'), /BadNodeIdUnknown/)
    assert.deepEqual(
      findings.filter(({ ok }) => !ok).map(({ item }) => item),
      ['i=999999']
    )
  })

  await context.test('a limit of nodes is kept, and said', async () => {
    const few = await proposeOpcua(server.endpoint, { dataDir, limits: { nodesMax: 8 } })
    assert.match(few, /A limit was reached/)
    assert.ok(configurationOf(few).sources.length === 1)
  })
})

test('a server that is not there is a finding, not an error', async () => {
  using folder = tempFolder()
  const findings = await probe({ type: 'opcua', endpoint: 'opc.tcp://127.0.0.1:1/UA', device: 'plc', variables: [] }, folder.path)
  assert.deepEqual(findings, [
    { item: 'opc.tcp://127.0.0.1:1/UA', ok: false, detail: 'no OPC UA server answers at opc.tcp://127.0.0.1:1/UA' }
  ])
  await assert.rejects(
    configure({ type: 'opcua', endpoint: 'opc.tcp://plc.example:4840', device: 'plc', variables: [] }),
    /securityMode is None/
  )
})
