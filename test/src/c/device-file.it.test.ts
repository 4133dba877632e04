/**
 * The C reference device with its messages in a file: killed at random, with and without a broker, it sends what every start left under the
 * boot of that start, and each message that it made is stored once.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { compileValidator, decodePayload } from '@tracegate/model/codec'
import { createCBuild, needsC, type CBuild } from './c-build.ts'
import { startPlatform, type Platform } from './platform.ts'
import { startDevice, until, type RunningDevice } from './running-device.ts'

const numbered = compileValidator(Type.Object({ boot: Type.String(), seq: Type.Integer() }))
const slotBytes = 1_024
const needs = await needsC('mosquitto')

interface Start {
  readonly boot: string
  /** Messages that it found in the file, and records that were torn. */
  readonly left: number
  readonly torn: number
  /** Numbers that it said it made. */
  readonly made: readonly number[]
}

function startOf({ lines }: RunningDevice): Start {
  const found = lines.map((line) => /^left (\d+) torn (\d+)$/.exec(line)).find((match) => match !== null)
  return {
    boot: lines[0]?.replace('boot ', '') ?? '',
    left: Number(found?.[1]),
    torn: Number(found?.[2]),
    made: lines.filter((line) => line.startsWith('made ')).map((line) => Number(line.split(' ')[2]))
  }
}

interface Sent {
  readonly boot: string
  readonly seq: number
  readonly isTelemetry: boolean
}

/** What the broker took, each message when it came first. */
function firstSends(platform: Platform): Sent[] {
  const seen = new Map<string, Sent>()
  for (const { topic, payload } of platform.taken) {
    const channel = topic.split('/')[4] ?? ''
    const decoded = decodePayload(payload)
    if (!['telemetry', 'scan', 'event'].includes(channel) || !decoded.ok) continue
    const checked = numbered.check(decoded.value)
    assert.ok(checked.ok)
    const { boot, seq } = checked.value
    if (!seen.has(`${boot}/${seq}`)) seen.set(`${boot}/${seq}`, { boot, seq, isTelemetry: channel === 'telemetry' })
  }
  return [...seen.values()]
}

async function assertStoredOnce(platform: Platform, sent: readonly Sent[]): Promise<void> {
  await platform.collector.drain(5_000)
  const telemetry = sent.filter(({ isTelemetry }) => isTelemetry).length
  const series = await platform.telemetry.series('port-1/room-1/')
  const counts = Object.fromEntries(series.map(({ series: key, count }) => [key.split('/')[2], count]))
  assert.deepEqual(counts, { temperature: telemetry, humidity: telemetry, 'door.open': telemetry })
  assert.equal((await platform.trace.counts()).events, sent.length - telemetry)
  assert.deepEqual((await platform.collector.deadLetters.list({ limit: 10 })).items, [])
}

describe('the C reference device with a file', needs, () => {
  let build: CBuild
  let path = ''
  let folder = ''
  const args = (name: string) => ['--file', join(folder, name), '--interval', '10', '--scan-interval', '35', '--hurry', '20']

  before(async () => {
    build = await createCBuild()
    folder = mkdtempSync(join(tmpdir(), 'tracegate-c-file-'))
    const files = ['example/device.c', 'example/messages.c', 'example/ring.c', 'example/support.c']
    path = await build.program({ name: 'device-file', files, libraries: ['-lmosquitto'], isSanitized: true })
  })
  after(async () => {
    await build[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs it for a while and kills it. */
  async function killed(platform: Platform, name: string, afterMs: number): Promise<Start> {
    await using device = startDevice(path, platform, args(name))
    await until('the start', () => device.lines.length > 1)
    await sleep(afterMs)
    device.process.kill('SIGKILL')
    await device.ended
    assert.deepEqual(
      device.errors.filter((line) => line.includes('ERROR')),
      []
    )
    return startOf(device)
  }

  /** Lets it end in good order, with nothing left. */
  async function ended(platform: Platform, name: string): Promise<Start> {
    await using device = startDevice(path, platform, [...args(name), '--messages', '20'])
    assert.equal(await device.ended, 0, device.errors.join(''))
    assert.match(device.lines.at(-1) ?? '', /^end made 20 kept 0 /)
    return startOf(device)
  }

  it('TG-401 TG-403 TG-404 TG-410 TG-412: killed at random a dozen times, has each message stored once, those of earlier starts first', async () => {
    await using platform = await startPlatform('port-1/room-1')
    const starts: Start[] = []
    for (let round = 0; round < 12; round += 1) {
      if (round % 4 === 1) await platform.stopBroker()
      starts.push(await killed(platform, 'killed', 30 + Math.random() * 400))
      if (round % 4 === 2) await platform.startBroker()
    }
    starts.push(await ended(platform, 'killed'))

    const sent = firstSends(platform)
    const keys = new Set(sent.map(({ boot, seq }) => `${boot}/${seq}`))
    const made = starts.flatMap((start) => start.made.map((seq) => `${start.boot}/${seq}`))
    assert.deepEqual(
      made.filter((key) => !keys.has(key)),
      [],
      'lost'
    )
    assert.equal(new Set(starts.map(({ boot }) => boot)).size, 13, 'a new boot at every start')
    assert.ok(
      starts.some(({ left }) => left > 10),
      'some start found messages of earlier ones'
    )
    assert.deepEqual(
      starts.filter(({ torn }) => torn > 0),
      []
    )
    // A message may be in the file, and the kill come before it is said.
    assert.ok(keys.size - made.length <= 12, `${keys.size} sent, ${made.length} made`)
    const order = starts.flatMap(({ boot }) =>
      Array.from({ length: sent.filter((one) => one.boot === boot).length }, (_, seq) => `${boot}/${seq}`)
    )
    assert.deepEqual(
      sent.map(({ boot, seq }) => `${boot}/${seq}`),
      order,
      'start by start, each counted from 0 without a gap'
    )
    await assertStoredOnce(platform, sent)
  })

  it('TG-412: goes on behind a record that was torn', async () => {
    await using platform = await startPlatform('port-1/room-1')
    await platform.stopBroker()
    const first = await killed(platform, 'torn', 400)
    const file = join(folder, 'torn')
    const bytes = readFileSync(file)
    const last = lastSlot(bytes)
    bytes.fill(0, last + 200, last + slotBytes)
    writeFileSync(file, bytes)
    await platform.startBroker()
    const second = await ended(platform, 'torn')
    assert.equal(second.torn, 1)
    assert.ok(second.left >= first.made.length - 1)
    const sent = firstSends(platform)
    assert.equal(sent.filter(({ boot }) => boot === first.boot).length, second.left)
    await assertStoredOnce(platform, sent)
  })

  it('is refused a file that another process has open', async () => {
    await using platform = await startPlatform('port-1/room-1')
    await using owner = startDevice(path, platform, args('shared'))
    await until('the start', () => owner.lines.length > 1)
    await using other = startDevice(path, platform, args('shared'))
    assert.equal(await other.ended, 2)
    assert.match(other.errors.join(''), /^Cannot start: .* cannot be opened/)
  })
})

/** Where the record with the highest order begins; the order is behind magic and checksum. */
function lastSlot(bytes: Buffer): number {
  const isLittle = bytes.subarray(0, 4).equals(Buffer.from('1RGT'))
  const orderAt = (at: number) => (isLittle ? bytes.readBigUInt64LE(at + 8) : bytes.readBigUInt64BE(at + 8))
  let last = 0
  for (let at = 0; at < bytes.length; at += slotBytes) if (orderAt(at) > orderAt(last)) last = at
  return last
}
