/** Every published vector on the code that the platform runs: what is valid is taken as what it says, what is invalid is refused with its code. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Type } from 'typebox'
import { emptyStream, noteSequence, type StreamState } from '@tracegate/collector/stream-state'
import { decodeAutoIdResult } from '@tracegate/edge/autoid-decoder'
import { autoIdEncodings } from '@tracegate/edge/autoid-types'
import { goodsOfScan } from '@tracegate/edge/scan-goods'
import { ControlList } from '@tracegate/model/control'
import { indexOrders, judgeScan } from '@tracegate/model/control-goods'
import { noControl, takeControlList } from '@tracegate/model/control-reader'
import { readEpcHex } from '@tracegate/model/gs1/epc-binary'
import { canonicalKey, keyRoot } from '@tracegate/model/gs1/key'
import { readScan } from '@tracegate/model/gs1/scan-data'
import { deviceChannels, parseTopic, platformChannels } from '@tracegate/model/topics'
import { judgePayload } from './judge-payload.ts'
import { bytesOf, loadVectors, payloadOf, vectorUse } from './load-vectors.ts'
import { epcServiceVectors, publishedMemory } from './vectors/epc-service-vectors.ts'

const closed = { additionalProperties: false } as const
const name = Type.String({ minLength: 1 })
const Hex = Type.String({ pattern: '^(?:[0-9a-f]{2})*$' })
const Code = Type.String({ pattern: '^[A-Z0-9_]+$' })
const Channel = Type.Enum([...deviceChannels, ...platformChannels])
const padTo = Type.Optional(Type.Integer())
const Ais = Type.Array(Type.Tuple([Type.String(), Type.String()]))
const Link = Type.Union([Type.String(), Type.Null()])
const Refused = Type.Object({ name, channel: Channel, hex: Hex, code: Code, pointer: Type.String(), padTo }, closed)

/** As JSON carries it: without what is undefined, and -0 as 0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('TG-201 TG-202 TG-203 TG-603 TG-701: every valid payload is taken as the message that it stands for', () => {
  const encoding = Type.Enum(['json', 'cbor'])
  const schema = Type.Object({ name, channel: Channel, encoding, hex: Hex, value: Type.Object({}), padTo }, closed)
  const cases = loadVectors('valid/payloads.json', schema)
  for (const entry of cases) {
    const judged = judgePayload(entry.channel, payloadOf(entry))
    assert.deepEqual(judged.ok ? plain(judged.value) : judged.reason, entry.value, `${entry.channel} ${entry.name}`)
  }
  for (const channel of [...deviceChannels, ...platformChannels])
    for (const wanted of ['json', 'cbor'])
      assert.ok(
        cases.some((entry) => entry.channel === channel && entry.encoding === wanted),
        `${channel} ${wanted}`
      )
})

test('TG-110 TG-201 TG-202 TG-203 TG-601 TG-603 TG-701 TG-703: every invalid payload is refused, with the code and the place of the fault', () => {
  for (const entry of loadVectors('invalid/payloads.json', Refused)) {
    const judged = judgePayload(entry.channel, payloadOf(entry))
    const found = judged.ok ? 'taken' : { code: judged.reason.code, pointer: judged.reason.pointer }
    assert.deepEqual(found, { code: entry.code, pointer: entry.pointer }, `${entry.channel} ${entry.name}`)
  }
})

test('TG-106 TG-110: every valid topic is taken apart into point, device and channel', () => {
  const schema = Type.Object({ name, topic: Type.String(), point: Type.String(), device: Type.String(), channel: Channel }, closed)
  for (const { name: title, topic, point, device, channel } of loadVectors('valid/topics.json', schema)) {
    assert.deepEqual(parseTopic(topic), { ok: true, topic: { type: 'device', point, device, channel } }, title)
  }
})

test('TG-106 TG-110: every invalid topic is refused with its code', () => {
  for (const { name: title, topic, code } of loadVectors(
    'invalid/topics.json',
    Type.Object({ name, topic: Type.String(), code: Code }, closed)
  )) {
    const parsed = parseTopic(topic)
    assert.equal(parsed.ok ? 'taken' : parsed.reason.code, code, title)
  }
})

test('TG-501: every valid time is the instant that it names, in UTC and in local time', () => {
  const schema = Type.Object({ name, timeMs: Type.Integer(), iso: Type.String(), local: Type.Optional(Type.String()) }, closed)
  for (const { name: title, timeMs, iso, local } of loadVectors('valid/times.json', schema)) {
    assert.equal(new Date(timeMs).toISOString(), iso, title)
    assert.equal(Date.parse(iso), timeMs, title)
    if (local !== undefined) assert.equal(Date.parse(local), timeMs, title)
    assert.ok(judgePayload('state', Buffer.from(JSON.stringify({ v: 1, online: false, boot: 'b', timeMs }))).ok, title)
  }
})

test('TG-501: every invalid time is refused with its code', () => {
  for (const entry of loadVectors('invalid/times.json', Refused)) {
    const judged = judgePayload(entry.channel, bytesOf(entry.hex))
    const found = judged.ok ? 'taken' : { code: judged.reason.code, pointer: judged.reason.pointer }
    assert.deepEqual(found, { code: entry.code, pointer: entry.pointer }, entry.name)
  }
})

test('TG-402 TG-414: every sequence of messages gives the outcomes and the watermarks that it states', () => {
  const outcome = Type.Enum(['new', 'duplicate'])
  const step = Type.Object({ boot: Type.String(), seq: Type.Integer(), outcome, upTo: Type.Integer() }, closed)
  const options = { nowMs: 0, gapGiveUpMs: 600_000, startGiveUpMs: 5_000 }
  for (const { name: title, steps } of loadVectors('valid/sequences.json', Type.Object({ name, steps: Type.Array(step) }, closed))) {
    const streams = new Map<string, StreamState>()
    for (const [index, { boot, seq, outcome: wanted, upTo }] of steps.entries()) {
      const { state, isNew } = noteSequence(streams.get(boot) ?? emptyStream, seq, options)
      streams.set(boot, state)
      assert.deepEqual({ outcome: isNew ? 'new' : 'duplicate', upTo: state.upTo }, { outcome: wanted, upTo }, `${title}, step ${index + 1}`)
    }
  }
})

test('TG-402: a number beyond 2^53 - 1 is refused: a count does not wrap', () => {
  for (const entry of loadVectors('invalid/sequences.json', Refused)) {
    const judged = judgePayload(entry.channel, bytesOf(entry.hex))
    assert.deepEqual(judged.ok ? 'taken' : [judged.reason.code, judged.reason.pointer], [entry.code, entry.pointer], entry.name)
  }
})

/** A decoded result as the vectors write it: bytes as `hex`, nothing that is undefined. */
function withHex(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHex)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]): [string, unknown] =>
        member instanceof Uint8Array ? ['hex', Buffer.from(member).toString('hex')] : [key, withHex(member)]
      )
  )
}

const AutoIdType = Type.Enum([
  'ScanResult',
  'OcrScanResult',
  'RfidScanResult',
  'OpticalScanResult',
  'RtlsLocationResult',
  'OpticalVerifierScanResult'
])

test('TG-1004: every AutoID result is read field by field, each optional field by its own bit', () => {
  for (const entry of loadVectors(
    'valid/autoid.json',
    Type.Object({ name, type: AutoIdType, hex: Hex, result: Type.Object({}) }, closed)
  )) {
    const decoded = decodeAutoIdResult(autoIdEncodings[entry.type], bytesOf(entry.hex))
    assert.deepEqual(decoded.ok ? withHex(decoded.value) : decoded.reason, entry.result, entry.name)
  }
})

test('TG-1004: bytes that are no AutoID result are refused, never made up', () => {
  for (const entry of loadVectors('invalid/autoid.json', Type.Object({ name, type: AutoIdType, hex: Hex, reason: Code }, closed))) {
    const decoded = decodeAutoIdResult(autoIdEncodings[entry.type], bytesOf(entry.hex))
    assert.equal(decoded.ok ? 'taken' : decoded.reason.code, entry.reason, entry.name)
  }
})

test('TG-701 TG-704: every scan is taken apart into its application identifiers and the key that they name', () => {
  const schema = Type.Object({ name, symbology: Type.String(), hex: Hex, ais: Ais, digitalLink: Link }, closed)
  for (const entry of loadVectors('valid/element-strings.json', schema)) {
    const read = readScan(entry.symbology, bytesOf(entry.hex).toString('utf8'))
    assert.ok(read.ok, `${entry.name}: ${read.ok ? '' : read.reason.message}`)
    const { ais, primary, key = null } = read.value
    const found = primary === undefined ? ais : [['01', primary.padStart(14, '0')], ...ais]
    assert.deepEqual({ ais: found, digitalLink: key }, { ais: entry.ais, digitalLink: entry.digitalLink }, entry.name)
  }
})

test('TG-701 TG-704: every wrong scan is refused with its code, wrong check digits among them', () => {
  const schema = Type.Object({ name, symbology: Type.String(), hex: Hex, code: Code }, closed)
  for (const entry of loadVectors('invalid/element-strings.json', schema)) {
    const read = readScan(entry.symbology, bytesOf(entry.hex).toString('utf8'))
    assert.equal(read.ok ? 'taken' : read.reason.code, entry.code, entry.name)
  }
})

test('TG-702: every EPC memory gives its URN and the key that this names', () => {
  for (const entry of loadVectors(
    'valid/epc.json',
    Type.Object({ name, hex: Hex, urn: Type.String(), digitalLink: Type.Optional(Type.String()) }, closed)
  )) {
    const read = readEpcHex(entry.hex)
    assert.deepEqual(read, { ok: true, value: entry.urn }, entry.name)
    const key = canonicalKey(entry.urn)
    assert.equal(key?.startsWith(keyRoot) === true ? key : undefined, entry.digitalLink, entry.name)
    assert.deepEqual(readEpcHex(entry.hex.toUpperCase()), read, entry.name)
  }
})

test('TG-1201 TG-1202 TG-1206 TG-1207: every list of held goods refuses the scans that it says, and no others', () => {
  const scan = Type.Object(
    {
      symbology: Type.String(),
      hex: Hex,
      bizStep: Type.Optional(Type.String()),
      disposition: Type.Optional(Type.String()),
      order: Type.Union([Type.String(), Type.Null()])
    },
    closed
  )
  const schema = Type.Object({ name, lists: Type.Array(ControlList), atMs: Type.Integer(), scans: Type.Array(scan) }, closed)
  for (const entry of loadVectors('valid/control.json', schema)) {
    let state = noControl
    for (const list of entry.lists) state = takeControlList(state, list).state
    const index = indexOrders(state.orders)
    for (const [at, { symbology, hex, bizStep, disposition, order }] of entry.scans.entries()) {
      const goods = goodsOfScan({ symbology, data: bytesOf(hex).toString('utf8') })
      const verdict = judgeScan(index, { keys: goods?.keys ?? [], bizStep, disposition, nowMs: entry.atMs })
      assert.equal(verdict === undefined || verdict.drill ? null : verdict.order.id, order, `${entry.name}, scan ${at + 1}`)
    }
  }
})

test('TG-1205: every message that is no list of held goods is refused with its code', () => {
  for (const entry of loadVectors('invalid/control.json', Type.Object({ name, hex: Hex, code: Code, pointer: Type.String() }, closed))) {
    const judged = judgePayload('control', bytesOf(entry.hex))
    assert.deepEqual(judged.ok ? 'taken' : [judged.reason.code, judged.reason.pointer], [entry.code, entry.pointer], entry.name)
  }
})

test('the writer of EPC memory gives the published memory for the examples of the Tag Data Standard', () => {
  for (const [example, published] of Object.entries(publishedMemory)) {
    const written = epcServiceVectors.find((entry) => entry.name === example)
    const words = published.padEnd(Math.ceil(published.length / 4) * 4, '0')
    assert.equal(written?.hex, words, example)
  }
})

test('TG-702: EPC memory that holds no name is refused with its code', () => {
  for (const entry of loadVectors('invalid/epc.json', Type.Object({ name, hex: Hex, code: Code }, closed))) {
    const read = readEpcHex(entry.hex)
    assert.equal(read.ok ? 'taken' : read.reason.code, entry.code, entry.name)
  }
  const odd = readEpcHex('3074257bf7194e4000001a8')
  assert.equal(odd.ok ? 'taken' : odd.reason.code, 'GS1_EPC_HEX', 'an odd number of digits')
})

test('the sources of the vectors import nothing of the product, so that no expected value comes from the code under test', () => {
  const folder = new URL('vectors/', import.meta.url)
  for (const name of readdirSync(folder)) {
    const imports = [...readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^']+)'/g)].map(([, target = '']) => target)
    assert.deepEqual(
      imports.filter((target) => !target.startsWith('./')),
      [],
      name
    )
  }
})

test('every vector file is used by a test, and no two cases of a file have one name', () => {
  const { found, used } = vectorUse()
  assert.deepEqual(used, found)
  for (const path of found) {
    const names = loadVectors(path, Type.Object({ name, channel: Type.Optional(Channel), encoding: Type.Optional(Type.String()) })).map(
      (entry) => `${entry.channel ?? ''} ${entry.encoding ?? ''} ${entry.name}`
    )
    assert.deepEqual(
      names.filter((title, index) => names.indexOf(title) !== index),
      [],
      path
    )
  }
})
