/**
 * A soak: random faults on all parts at once for a while, then everything is counted as in a cell of the matrix:
 * `node test/src/crash/soak.ts [--seconds 120] [--seed text] [--broker embedded|mosquitto] [--waits short|product]`.
 * Exits 1 when anything was lost or doubled.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { finish, withErrors } from './cell.ts'
import { lineNames, type Waits } from './chain.ts'
import { createRandom, type Random } from './random.ts'
import { brokers, failuresOf, parts, type CellResult } from './result.ts'
import { startSystem, type System } from './system.ts'

export interface SoakOptions {
  readonly seconds: number
  readonly seed: string
  readonly broker: CellResult['broker']
  readonly waits?: Waits
  readonly onFault?: (text: string) => void
}

export type SoakResult = Omit<CellResult, 'part' | 'fault' | 'seconds'>

/** Room enough for what such a run writes, and little enough to be filled at once. */
const diskMebibytes = { device: 24, edge: 48, broker: 8, collector: 192 } as const
const settleSeconds = 120
const hourMs = 3_600_000

export async function soak({ seconds, seed, broker, waits = 'short', onFault }: SoakOptions): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-soak-'))
  try {
    await using system = await startSystem({
      folder,
      broker,
      waits,
      smallDisks: new Map(parts.map((part) => [part, diskMebibytes[part]])),
      liveSeconds: seconds + settleSeconds
    })
    const counts = new Map<string, number>()
    const endMs = performance.now() + seconds * 1_000
    const note = (what: string) => {
      counts.set(what, (counts.get(what) ?? 0) + 1)
      onFault?.(`${what} ${JSON.stringify(system.progress())}`)
    }
    // Each part has troubles of its own, so that they meet those of the others.
    await Promise.all([
      ...parts.map((part) => trouble(part, { system, random: createRandom(`${seed} ${part}`), endMs, note })),
      troubleLines({ system, random: createRandom(`${seed} lines`), endMs, note })
    ])
    const how = [...counts].map(([what, count]) => `${count} × ${what}`).join(', ')
    const times = [...counts.values()].reduce((sum, count) => sum + count, 0)
    return { broker, ...(await withErrors(system, () => finish(system, { times, how }, settleSeconds * 1_000))) }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface TroubleOptions {
  readonly system: System
  readonly random: Random
  readonly endMs: number
  readonly note: (what: string) => void
}

async function trouble(part: (typeof parts)[number], { system, random, endMs, note }: TroubleOptions): Promise<void> {
  const { [part]: victim } = system.parts
  while (performance.now() < endMs) {
    await sleep(random.between(500, 6_000))
    const what = random.pick(['kill -9', 'kill -9', 'restart', 'freeze', 'disk full', 'kill -9 on a full disk', 'clock back'])
    note(`${part} ${what}`)
    switch (what) {
      case 'kill -9':
      case 'restart':
        await victim.end(what === 'restart' ? 'SIGTERM' : 'SIGKILL')
        await sleep(random.between(0, 1_500))
        await victim.start()
        break
      case 'freeze':
        victim.signal('SIGSTOP')
        await sleep(random.between(200, 2_500))
        victim.signal('SIGCONT')
        break
      case 'disk full':
        system.diskOf(part)?.fill(victim.pid())
        await sleep(random.between(300, 2_000))
        system.diskOf(part)?.free(victim.pid())
        break
      case 'kill -9 on a full disk':
        system.diskOf(part)?.fill(victim.pid())
        await sleep(random.between(100, 800))
        await victim.end('SIGKILL')
        // It may start and wait for room, or say that it cannot and end.
        await victim.start().catch(() => note(`${part} cannot start on a full disk`))
        await sleep(random.between(100, 800))
        system.diskOf(part)?.free(victim.pid())
        if (!victim.isRunning()) await victim.start()
        break
      case 'clock back':
        system.shiftClock(part, -hourMs)
        await sleep(random.between(300, 2_000))
        system.shiftClock(part, 0)
        break
      default:
    }
  }
}

async function troubleLines({ system, random, endMs, note }: TroubleOptions): Promise<void> {
  while (performance.now() < endMs) {
    await sleep(random.between(200, 2_500))
    const name = random.pick(lineNames)
    const { [name]: line } = system.lines
    const what = random.pick(['cut', 'cut', 'half-open', 'hold', 'repeat'])
    note(`${name} ${what}`)
    const forMs = random.between(200, 2_500)
    if (what === 'cut') line.cut()
    else if (what === 'half-open') await line.goDead(forMs)
    else if (what === 'hold') await line.hold(forMs)
    else {
      line.repeat({ share: 0.3, random: () => random.next() })
      await sleep(forMs)
      line.repeat(undefined)
    }
  }
}

if (import.meta.main) await main()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '120' },
      seed: { type: 'string' },
      broker: { type: 'string', default: 'embedded' },
      waits: { type: 'string', default: 'short' }
    }
  })
  const seconds = Number(values.seconds)
  const broker = brokers.find((name) => name === values.broker)
  if (!Number.isInteger(seconds) || seconds < 1 || broker === undefined) {
    process.stderr.write(`Cannot soak: expected --seconds as a whole number and --broker as one of ${brokers.join(', ')}\n`)
    process.exitCode = 2
    return
  }
  const seed = values.seed ?? new Date().toISOString()
  process.stdout.write(`seed "${seed}", ${seconds} s\n`)
  const waits = values.waits === 'product' ? 'product' : 'short'
  const result = await soak({ seconds, seed, broker, waits, onFault: (text) => void process.stdout.write(`${text}\n`) })
  // What a killed device could not take, and the counters of killed collectors, are known in part only.
  const failures = failuresOf({ ...result, part: 'device', fault: 'kill -9', seconds })
  process.stdout.write(
    `${JSON.stringify(result, undefined, 2)}\n${failures.length === 0 ? 'nothing lost, nothing twice' : failures.join('\n')}\n`
  )
  process.exitCode = failures.length === 0 ? 0 : 1
}
