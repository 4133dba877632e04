/** The counters of the collector, over three runs of its process: every message that came is in exactly one of them. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connectAsync } from 'mqtt'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { waitFor } from '../system/product.ts'
import { nativeMessage } from './content.ts'
import { startLine } from './line.ts'
import { createPart, type Part } from './part-process.ts'

const runs = 3
const perRun = { fresh: 200, repeated: 50, rubbish: 20, conflicting: 10 }
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

const Count = Type.Number()
const Stats = Type.Object({
  received: Count,
  carriedOver: Count,
  stored: Count,
  duplicates: Count,
  deadLettered: Count,
  inLog: Count,
  rejected: Count,
  waiting: Count
})
const readyLine = compileValidator(Type.Object({ ready: Type.Object({ port: Count }) }))
const statsLine = compileValidator(Type.Object({ stats: Stats, ended: Type.Optional(Type.Literal(true)) }))

test(
  'TG-902 TG-903 TG-904: received = stored + duplicates + dead letters, over every run of the collector',
  { timeout: 90_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-counters-'))
    try {
      await using line = await startLine()
      await using broker = createPart({
        name: 'broker',
        command: () => [process.execPath, here('broker-process.ts')],
        tellsReady: true,
        onLine(text) {
          const checked = readyLine.check(text)
          if (checked.ok) line.aim(checked.value.ready.port)
        }
      })
      const told: Static<typeof Stats>[] = []
      await using collector = createPart({
        name: 'collector',
        command: () => [
          process.execPath,
          here('collector-process.ts'),
          join(folder, 'data'),
          `mqtt://127.0.0.1:${line.port}`,
          join(folder, 'written.txt')
        ],
        tellsReady: true,
        onLine(text) {
          const checked = statsLine.check(text)
          if (checked.ok) told.push(checked.value.stats)
        }
      })
      await broker.start()
      const ended: Static<typeof Stats>[] = []
      for (let run = 0; run < runs; run += 1) {
        told.length = 0
        await collector.start()
        // The session of the first run is made a moment after the start; later ones find it.
        await waitFor('the collector to hear', 10_000, async () => {
          await send(line.port, [Buffer.from('hello')])
          return (told.at(-1)?.received ?? 0) > 0 ? true : undefined
        })
        const greeted = await settled(() => told.at(-1))
        await send(line.port, messagesOf(run))
        const wanted = greeted.received + perRun.fresh + perRun.repeated + perRun.rubbish + perRun.conflicting
        await waitFor('everything to come', 15_000, () => ((told.at(-1)?.received ?? 0) >= wanted ? true : undefined))
        await end(collector)
        const last = told.at(-1)
        assert.ok(last)
        ended.push(last)
        assert.equal(last.received, wanted)
        assert.equal(last.duplicates, perRun.repeated)
        assert.equal(last.deadLettered, greeted.deadLettered + perRun.rubbish + perRun.conflicting)
        assert.equal(last.stored, perRun.fresh)
      }
      const sum = (pick: (stats: Static<typeof Stats>) => number) => ended.reduce((total, stats) => total + pick(stats), 0)
      assert.equal(
        sum(({ received }) => received),
        sum(({ stored, duplicates, deadLettered }) => stored + duplicates + deadLettered)
      )
      assert.equal(
        sum(({ carriedOver, inLog, rejected, waiting }) => carriedOver + inLog + rejected + waiting),
        0
      )
      assert.equal(
        sum(({ stored }) => stored),
        runs * perRun.fresh
      )
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
)

/**
 * Fresh ones, repeats of them, numbers that stand for something else by now, and what is no message at all. A boot that used a
 * number twice is believed no repeat any more, so every run has its own.
 */
function messagesOf(run: number): Buffer[] {
  const first = run * perRun.fresh
  const boot = `boot-${run}`
  const message = (n: number, timeMs: number) => Buffer.from(nativeMessage({ n, boot, seq: n - first, timeMs }).payload)
  const isReading = (n: number) => nativeMessage({ n, boot, seq: n - first, timeMs: 0 }).topic.endsWith('/telemetry')
  const fresh = Array.from({ length: perRun.fresh }, (_, index) => message(first + index, 1_800_000_000_000 + first + index))
  const readings = Array.from({ length: perRun.fresh }, (_, index) => first + index).filter((n) => isReading(n))
  return [
    ...fresh,
    ...fresh.slice(0, perRun.repeated),
    ...readings.slice(-perRun.conflicting).map((n) => message(n, 1)),
    ...Array.from({ length: perRun.rubbish }, (_, index) => Buffer.from(`{"v":1,"rubbish":${index}}`))
  ]
}

/** Each on the topic that its content asks for; resolves when all are acknowledged. */
async function send(port: number, payloads: readonly Buffer[]): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'p1/native-1', password: 'secret', clientId: 'native-1' })
  for (const payload of payloads)
    await client.publishAsync(`tg/v1/p1/native-1/${payload.includes('"epcis"') ? 'event' : 'telemetry'}`, payload, { qos: 1 })
  await client.endAsync()
}

/** What it is after it has not changed for a while. */
async function settled<Stats extends { readonly received: number }>(read: () => Stats | undefined): Promise<Stats> {
  let before = -1
  return waitFor('the counters to stand still', 15_000, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    const now = read()
    const stands = now !== undefined && now.received === before
    before = now?.received ?? -1
    return stands ? now : undefined
  })
}

async function end(part: Part): Promise<void> {
  assert.equal(await part.end('SIGTERM'), 0)
}
