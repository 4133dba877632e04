/**
 * The whole chain for one cell, each part a process of its own, every line between two of them one that can be spoilt: device →
 * site's broker → edge → platform's broker → collector, and device → platform's broker → collector. It brings no fault itself.
 */
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { waitFor } from '../system/product.ts'
import { describeChain, type Chain, type ChainPart, type Lines, type Waits } from './chain.ts'
import type { DeviceHabit } from './device-process.ts'
import { startLine } from './line.ts'
import { createObserver, type CollectorTotals, type Progress } from './observer.ts'
import { createPart, type Part } from './part-process.ts'
import { Counts, type BrokerName, type PartName } from './result.ts'
import { createSmallDisks, type SmallDisk } from './small-disk.ts'

export interface SystemOptions {
  readonly folder: string
  readonly broker: BrokerName
  /** The parts whose disks are small, with their mebibytes. */
  readonly smallDisks?: ReadonlyMap<PartName, number>
  /** How long the system may live. */
  readonly liveSeconds?: number
  /** false: a limit on files in the place of small disks, as where mounting is not allowed. */
  readonly mayMount?: boolean
  readonly habit?: DeviceHabit
  readonly waits?: Waits
}

export interface System extends AsyncDisposable {
  readonly parts: Readonly<Record<ChainPart, Part>>
  readonly lines: Lines
  readonly broker: BrokerName
  /** Undefined for a part whose disk is not small. */
  diskOf(part: PartName): SmallDisk | undefined
  progress(): Progress
  totals(): CollectorTotals
  /** Sets the clock of one part off by so many milliseconds. */
  shiftClock(part: PartName, offsetMs: number): void
  /** Lets the device take nothing more, waits until it has let everything go, and ends all parts in order. */
  drain(withinMs?: number): Promise<void>
  /** Reads everything back; only after `drain`. */
  judge(): Promise<Counts>
  /** What each part wrote to its standard error, for a failed cell. */
  errors(): string
}

const drainWithinMs = 30_000
const judgeWithinMs = 30_000
const liveSecondsDefault = 180
const countsLine = compileValidator(Type.Object({ counts: Counts }))

export async function startSystem(options: SystemOptions): Promise<System> {
  await using stack = new AsyncDisposableStack()
  const { folder, broker } = options
  const lines = await openLines(stack)
  const small =
    options.smallDisks === undefined
      ? undefined
      : stack.use(
          await createSmallDisks(join(folder, 'small'), {
            mebibytes: options.smallDisks,
            holdSeconds: options.liveSeconds ?? liveSecondsDefault,
            mayMount: options.mayMount ?? true
          })
        )
  const observer = createObserver()
  const chain = await describeChain({
    folder,
    broker,
    lines,
    small,
    observer,
    habit: options.habit ?? 'keeps',
    waits: options.waits ?? 'short'
  })
  const use = (part: ChainPart) => stack.use(createPart(chain.parts[part]))
  const parts = {
    fieldBroker: use('fieldBroker'),
    broker: use('broker'),
    collector: use('collector'),
    edge: use('edge'),
    device: use('device')
  }
  await Promise.all([parts.broker.start(), parts.fieldBroker.start()])
  await parts.collector.start()
  await Promise.all([parts.edge.start(), parts.device.start()])
  const running = stack.move()
  return {
    parts,
    lines,
    broker,
    diskOf: (part) => small?.disks.get(part),
    progress: () => observer.progress(),
    totals: () => observer.totals(),
    shiftClock: (part, offsetMs) => chain.shiftClock(part, offsetMs),
    async drain(withinMs = drainWithinMs) {
      parts.device.signal('SIGUSR2')
      await waitFor('the device to let everything go', withinMs, () => (observer.isDrained() ? true : undefined))
      await parts.device.end('SIGTERM')
      await parts.edge.end('SIGTERM', withinMs)
      await parts.collector.end('SIGTERM', withinMs)
      await Promise.all([parts.broker.end('SIGTERM'), parts.fieldBroker.end('SIGTERM')])
    },
    judge: () => runJudge(chain),
    errors: () =>
      Object.values(parts)
        .map((part) => `--- ${part.name}\n${part.errors().slice(-3_000)}`)
        .join('\n'),
    [Symbol.asyncDispose]: () => running.disposeAsync()
  }
}

async function openLines(stack: AsyncDisposableStack): Promise<Lines> {
  const line = async () => stack.use(await startLine())
  return {
    deviceField: await line(),
    deviceNative: await line(),
    edgeField: await line(),
    edgeUp: await line(),
    collectorUp: await line()
  }
}

async function runJudge(chain: Chain): Promise<Counts> {
  let counts: Counts | undefined
  const onLine = (line: unknown) => {
    const checked = countsLine.check(line)
    if (checked.ok) counts = checked.value.counts
  }
  await using judge = createPart({ name: 'judge', command: () => chain.judge, tellsReady: false, onLine })
  await judge.start()
  return await waitFor('the judge', judgeWithinMs, () => {
    if (counts === undefined && !judge.isRunning() && judge.errors() !== '') throw new Error(`the judge failed: ${judge.errors()}`)
    return counts
  })
}
