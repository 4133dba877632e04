/**
 * The whole chain for one cell, each part a process of its own, every line between two of them one that can be spoilt: device →
 * site's broker → edge → platform's broker → collector, and device → platform's broker → collector. It brings no fault itself.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { freePort, waitFor } from '../system/product.ts'
import { agent, fieldSource, point, type LaneName } from './content.ts'
import { startLine, type Line } from './line.ts'
import { createPart, type Part } from './part-process.ts'
import { Counts, type BrokerName, type PartName } from './result.ts'
import { createSmallDisk, type SmallDisk } from './small-disk.ts'

export interface SystemOptions {
  readonly folder: string
  readonly broker: BrokerName
  /** The part whose disk is small, and how small. */
  readonly smallDisk?: { readonly part: PartName; readonly mebibytes: number }
}

export interface Progress {
  readonly taken: number
  readonly waiting: number
  readonly notTaken: number
  /** Items that the device has let go, by lane. */
  readonly released: Readonly<Record<LaneName, number>>
}

export interface CollectorTotals {
  /** Of every run, as far as it was told before its end. */
  readonly duplicates: number
  readonly rejected: number
  /** Whether the counters of every run that ended in order add up. */
  readonly balanced: boolean
}

export const lineNames = ['deviceField', 'deviceNative', 'edgeField', 'edgeUp', 'collectorUp'] as const
export type LineName = (typeof lineNames)[number]

export interface System extends AsyncDisposable {
  readonly parts: Readonly<Record<PartName | 'fieldBroker', Part>>
  readonly lines: Readonly<Record<LineName, Line>>
  readonly disk: SmallDisk | undefined
  readonly broker: BrokerName
  progress(): Progress
  totals(): CollectorTotals
  /** Sets the clock of one part off by so many milliseconds. */
  shiftClock(part: PartName, offsetMs: number): void
  /** Lets the device take nothing more, waits until it has let everything go, and ends all parts in order. */
  drain(): Promise<void>
  /** Reads everything back; only after `drain`. */
  judge(): Promise<Counts>
  /** What each part wrote to its standard error, for a failed cell. */
  errors(): string
}

export const mosquittoPath = '/usr/sbin/mosquitto'
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const edgeMain = fileURLToPath(new URL('../../../edge/src/main.ts', import.meta.url))
const everyMs = 10
const drainWithinMs = 25_000

const Stats = Type.Object({
  received: Type.Number(),
  carriedOver: Type.Number(),
  stored: Type.Number(),
  duplicates: Type.Number(),
  deadLettered: Type.Number(),
  inLog: Type.Number(),
  rejected: Type.Number(),
  waiting: Type.Number()
})
const LanesProgress = Type.Object({ taken: Type.Number(), waiting: Type.Number() })
const readyLine = compileValidator(Type.Object({ ready: Type.Object({ port: Type.Number() }) }))
const progressLine = compileValidator(
  Type.Object({ progress: Type.Object({ native: LanesProgress, field: LanesProgress, notTaken: Type.Number(), taking: Type.Boolean() }) })
)
const statsLine = compileValidator(Type.Object({ stats: Stats, ended: Type.Optional(Type.Literal(true)) }))
const countsLine = compileValidator(Type.Object({ counts: Counts }))

export async function startSystem(options: SystemOptions): Promise<System> {
  await using stack = new AsyncDisposableStack()
  const { folder } = options
  const lines = await openLines(stack)
  const disk = await openDisk(options, stack)
  const on = (part: PartName) => (options.smallDisk?.part === part ? (disk?.prefix ?? []) : [])
  const dataDir = (part: PartName) => (options.smallDisk?.part === part && disk !== undefined ? disk.path : join(folder, part))
  for (const part of ['device', 'edge', 'broker', 'collector'] as const) mkdirSync(join(folder, part), { recursive: true })
  const clockFile = (part: PartName) => join(folder, `${part}.clock`)
  const env = (part: PartName) => ({ CRASH_CLOCK_FILE: clockFile(part), NODE_OPTIONS: `--import=${here('shift-clock.ts')}` })
  const url = (line: LineName) => `mqtt://127.0.0.1:${lines[line].port}`
  const observed = createObserver()
  const make = (part: Parameters<typeof createPart>[0]): Part => stack.use(createPart(part))
  const node = (part: PartName, ...rest: readonly string[]) => commandOf([...on(part), process.execPath, ...rest])
  const countFile = join(folder, 'written.txt')

  const broker = make({
    name: 'broker',
    env: env('broker'),
    ...(options.broker === 'embedded' ? embeddedBroker() : await mosquittoBroker())
  })
  function embeddedBroker() {
    return {
      command: () => node('broker', here('broker-process.ts'), join(dataDir('broker'), 'broker.log')),
      tellsReady: true,
      onLine: (line: unknown) => aimWhenReady(line, [lines.deviceNative, lines.edgeUp, lines.collectorUp])
    }
  }
  async function mosquittoBroker() {
    const port = await freePort()
    const file = join(folder, 'mosquitto.conf')
    // Kept on the disk only where the disk is what fails; everywhere else a restart forgets every session.
    const kept = disk === undefined ? '' : mosquittoPersistence(dataDir('broker'))
    writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\n${kept}`)
    for (const line of [lines.deviceNative, lines.edgeUp, lines.collectorUp]) line.aim(port)
    return { command: () => commandOf([...on('broker'), mosquittoPath, '-c', file]), tellsReady: false }
  }
  const fieldBroker = make({
    name: 'fieldBroker',
    command: () => [process.execPath, here('field-broker-process.ts')],
    tellsReady: true,
    onLine: (line) => aimWhenReady(line, [lines.deviceField, lines.edgeField])
  })
  const collector = make({
    name: 'collector',
    env: env('collector'),
    command: () => node('collector', here('collector-process.ts'), dataDir('collector'), url('collectorUp'), countFile),
    tellsReady: true,
    onLine: (line) => observed.onCollector(line)
  })
  const edgeFile = join(folder, 'edge.json')
  writeFileSync(edgeFile, JSON.stringify(edgeConfig({ brokerUrl: url('edgeUp'), fieldUrl: url('edgeField'), dataDir: dataDir('edge') })))
  const edge = make({ name: 'edge', env: env('edge'), command: () => node('edge', edgeMain, '--config', edgeFile), tellsReady: false })
  const device = make({
    name: 'device',
    env: env('device'),
    command: () =>
      node(
        'device',
        here('device-process.ts'),
        JSON.stringify({ dataDir: dataDir('device'), nativeUrl: url('deviceNative'), fieldUrl: url('deviceField'), everyMs })
      ),
    tellsReady: true,
    onLine: (line) => observed.onDevice(line)
  })
  const all = { device, edge, broker, collector, fieldBroker }

  await Promise.all([broker.start(), fieldBroker.start()])
  await collector.start()
  await Promise.all([edge.start(), device.start()])
  const closing = stack.move()
  return {
    parts: all,
    lines,
    disk,
    broker: options.broker,
    progress: observed.progress,
    totals: observed.totals,
    shiftClock: (part, offsetMs) => writeFileSync(clockFile(part), `${offsetMs}`),
    async drain() {
      device.signal('SIGUSR2')
      await waitFor('the device to let everything go', drainWithinMs, () => (observed.isDrained() ? true : undefined))
      await device.end('SIGTERM')
      await edge.end('SIGTERM', drainWithinMs)
      await collector.end('SIGTERM', drainWithinMs)
      await Promise.all([broker.end('SIGTERM'), fieldBroker.end('SIGTERM')])
    },
    async judge() {
      let counts: Counts | undefined
      const judge = closing.use(
        createPart({
          name: 'judge',
          command: () =>
            commandOf([
              ...(disk?.prefix ?? []),
              process.execPath,
              here('readback-process.ts'),
              dataDir('device'),
              dataDir('collector'),
              countFile
            ]),
          tellsReady: false,
          onLine(line) {
            const checked = countsLine.check(line)
            if (checked.ok) counts = checked.value.counts
          }
        })
      )
      await judge.start()
      return waitFor('the judge', 20_000, () => {
        if (counts === undefined && !judge.isRunning() && judge.errors() !== '') throw new Error(`the judge failed: ${judge.errors()}`)
        return counts
      })
    },
    errors: () =>
      Object.values(all)
        .map((part) => `--- ${part.name}\n${part.errors().slice(-3_000)}`)
        .join('\n'),
    [Symbol.asyncDispose]: () => closing.disposeAsync()
  }
}

async function openLines(stack: AsyncDisposableStack): Promise<Record<LineName, Line>> {
  const line = async () => stack.use(await startLine())
  return {
    deviceField: await line(),
    deviceNative: await line(),
    edgeField: await line(),
    edgeUp: await line(),
    collectorUp: await line()
  }
}

async function openDisk({ folder, smallDisk }: SystemOptions, stack: AsyncDisposableStack): Promise<SmallDisk | undefined> {
  if (smallDisk === undefined) return undefined
  return stack.use(await createSmallDisk(join(folder, 'small-disk'), smallDisk.mebibytes))
}

function aimWhenReady(line: unknown, lines: readonly Line[]): void {
  const checked = readyLine.check(line)
  if (checked.ok) for (const one of lines) one.aim(checked.value.ready.port)
}

function mosquittoPersistence(folder: string): string {
  return `persistence true\npersistence_location ${folder}/\nautosave_interval 1\nlog_dest file ${join(folder, 'mosquitto.log')}\n`
}

function commandOf(words: readonly string[]): [string, ...string[]] {
  const [program = '', ...args] = words
  return [program, ...args]
}

/** What the device and the collector tell of themselves. */
function createObserver() {
  let progress: Progress = { taken: 0, waiting: 0, notTaken: 0, released: { native: 0, field: 0 } }
  let earlierNotTaken = 0
  let drained = false
  let ended = { duplicates: 0, rejected: 0 }
  let current = { duplicates: 0, rejected: 0 }
  let received = 0
  let balanced = true
  return {
    progress: (): Progress => ({ ...progress, notTaken: earlierNotTaken + progress.notTaken }),
    totals: (): CollectorTotals => ({
      duplicates: ended.duplicates + current.duplicates,
      rejected: ended.rejected + current.rejected,
      balanced
    }),
    isDrained: () => drained,
    onDevice(line: unknown) {
      const checked = progressLine.check(line)
      if (!checked.ok) return
      const { native, field, notTaken, taking } = checked.value.progress
      // A smaller count is that of a new process.
      if (notTaken < progress.notTaken) earlierNotTaken += progress.notTaken
      progress = {
        taken: native.taken + field.taken,
        waiting: native.waiting + field.waiting,
        notTaken,
        released: { native: native.taken - native.waiting, field: field.taken - field.waiting }
      }
      drained = !taking && progress.waiting === 0
    },
    onCollector(line: unknown) {
      const checked = statsLine.check(line)
      if (!checked.ok) return
      const { stats } = checked.value
      if (stats.received < received) {
        ended = { duplicates: ended.duplicates + current.duplicates, rejected: ended.rejected + current.rejected }
      }
      received = stats.received
      current = { duplicates: stats.duplicates, rejected: stats.rejected }
      if (checked.value.ended !== true) return
      const taken = stats.received + stats.carriedOver
      balanced &&= taken === stats.stored + stats.duplicates + stats.deadLettered + stats.rejected && stats.inLog === 0
    }
  }
}

function edgeConfig(at: { readonly brokerUrl: string; readonly fieldUrl: string; readonly dataDir: string }): object {
  return {
    point,
    agent,
    secret: 'secret',
    brokerUrl: at.brokerUrl,
    dataDir: at.dataDir,
    // Short waits, so that a cell shows within seconds what otherwise takes a minute.
    watermarkTimeoutMs: 700,
    pubackTimeoutMs: 1_500,
    connectTimeoutMs: 1_500,
    backOffMinMs: 50,
    backOffMaxMs: 500,
    flushTimeoutMs: 15_000,
    sources: [fieldSource(at.fieldUrl)],
    devices: []
  }
}
