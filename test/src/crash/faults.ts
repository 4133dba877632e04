/** The six faults, each as it strikes each of the four parts. They strike while the device goes on taking; none checks anything. */
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../system/product.ts'
import type { Random } from './random.ts'
import type { FaultName, PartName } from './result.ts'
import type { LineName } from './chain.ts'
import type { System } from './system.ts'

/** What was done: how often, and in words with the counts. */
export interface Struck {
  readonly times: number
  readonly how: string
}

export type Fault = (system: System, random: Random) => Promise<Struck>

/** The lines that a part is at one end of. */
export const linesOf: Readonly<Record<PartName, readonly LineName[]>> = {
  device: ['deviceField', 'deviceNative'],
  edge: ['edgeField', 'edgeUp'],
  broker: ['deviceNative', 'edgeUp', 'collectorUp'],
  collector: ['collectorUp']
}

/** Disks of this size are filled to the last byte. */
export const diskMebibytes: Readonly<Record<PartName, number>> = { device: 8, edge: 8, broker: 1, collector: 48 }

/** The collector opens its stores at every start. */
const killsOf: Readonly<Record<PartName, number>> = { device: 4, edge: 4, broker: 4, collector: 3 }
const worksItems = 10
const worksWithinMs = 20_000
const hourMs = 3_600_000

export function faultOf(part: PartName, fault: FaultName): Fault {
  switch (fault) {
    case 'kill -9':
      return (system, random) => killAgain(system, part, random)
    case 'line cut':
      return (system, random) => spoilLines(system, part, random)
    case 'disk full':
      return (system) => fillDisk(system, part)
    case 'clock back':
      return (system) => setClockBack(system, part)
    case 'broker restart':
      return (system, random) => restartBrokers(system, part, random)
    case 'duplicate delivery':
      return (system, random) => repeatFrames(system, part, random)
    default:
      return fault
  }
}

/** Waits until the part does its work, so that a fault strikes it in the middle of that and not while it starts. */
async function works(system: System, part: PartName): Promise<void> {
  const done = () => {
    const { taken, released } = system.progress()
    if (part === 'device') return taken
    return part === 'edge' ? released.field : released.native
  }
  const before = done()
  await waitFor(`the ${part} to work`, worksWithinMs, () => (done() >= before + worksItems ? true : undefined))
}

async function killAgain(system: System, part: PartName, random: Random): Promise<Struck> {
  const { [part]: victim } = system.parts
  const { [part]: kills } = killsOf
  for (let kill = 0; kill < kills; kill += 1) {
    await works(system, part)
    await sleep(random.between(50, 500))
    await victim.end('SIGKILL')
    await sleep(random.between(0, 150))
    await victim.start()
  }
  return { times: kills, how: `${kills} × kill -9, started again` }
}

async function spoilLines(system: System, part: PartName, random: Random): Promise<Struck> {
  const lines = linesOf[part].map((name) => system.lines[name])
  const deadMs = 2_000
  const heldMs = 800
  let cut = 0
  for (let round = 0; round < 4; round += 1) {
    await sleep(random.between(100, 400))
    for (const line of lines) cut += line.cut()
  }
  await sleep(300)
  await Promise.all(lines.map((line) => line.goDead(deadMs)))
  await sleep(800)
  await Promise.all(lines.map((line) => line.hold(heldMs)))
  return { times: cut + 2, how: `${cut} connections reset, half-open for ${deadMs / 1_000} s, no byte for ${heldMs / 1_000} s` }
}

async function fillDisk(system: System, part: PartName): Promise<Struck> {
  const disk = system.diskOf(part)
  if (disk === undefined) throw new Error('the cell has no small disk')
  const fullMs = 1_800
  const pid = system.parts[part].pid()
  await sleep(500)
  const before = { ...system.progress(), rejected: system.totals().rejected }
  disk.fill(pid)
  await sleep(fullMs)
  const [full, totals] = [system.progress(), system.totals()]
  disk.free(pid)
  await sleep(600)
  const evidence: Readonly<Record<PartName, string>> = {
    device: `${full.notTaken - before.notTaken} items not taken`,
    edge: `${full.released.field - before.released.field} items let go by the device meanwhile, ${full.waiting} waited in it`,
    broker:
      system.broker === 'embedded'
        ? 'it keeps no data on a disk, its log was on the full one'
        : 'its persistence and its log were on the full one',
    collector: `${totals.waiting + totals.rejected - before.rejected} messages not acknowledged`
  }
  return { times: 1, how: `${disk.kind} full for ${fullMs / 1_000} s; ${evidence[part]}` }
}

async function setClockBack(system: System, part: PartName): Promise<Struck> {
  const backMs = 1_800
  await sleep(400)
  system.shiftClock(part, -hourMs)
  await sleep(backMs)
  system.shiftClock(part, 0)
  await sleep(800)
  return { times: 2, how: `back one hour for ${backMs / 1_000} s, then right again` }
}

/** The broker forgets every session; who speaks to it and what stands still meanwhile depends on the part. */
async function restartBrokers(system: System, part: PartName, random: Random): Promise<Struck> {
  const { parts } = system
  const frozen = part === 'edge' || part === 'collector' ? parts[part] : undefined
  const brokers = part === 'device' || part === 'edge' ? [parts.fieldBroker, parts.broker] : [parts.broker]
  let restarts = 0
  for (let round = 0; round < 3; round += 1) {
    await works(system, part)
    await sleep(random.between(50, 500))
    frozen?.signal('SIGSTOP')
    // What the broker takes meanwhile it acknowledges, and then forgets.
    if (frozen !== undefined) await sleep(random.between(200, 500))
    for (const broker of brokers) {
      await broker.end('SIGTERM')
      await sleep(random.between(0, 150))
      await broker.start()
      restarts += 1
    }
    frozen?.signal('SIGCONT')
  }
  const which = brokers.length > 1 ? `site's and platform's broker` : `platform's broker`
  const meanwhile = frozen === undefined ? '' : `, the ${part} frozen meanwhile`
  return { times: restarts, how: `${restarts} restarts of ${which}, sessions forgotten${meanwhile}` }
}

async function repeatFrames(system: System, part: PartName, random: Random): Promise<Struck> {
  const lines = linesOf[part].map((name) => system.lines[name])
  const repeated = () => lines.reduce((sum, line) => sum + line.repeated, 0)
  const before = repeated()
  for (const line of lines) line.repeat({ share: 0.4, random: () => random.next() })
  await sleep(3_500)
  for (const line of lines) line.repeat(undefined)
  await sleep(300)
  const count = repeated() - before
  return { times: count, how: `${count} PUBLISH and PUBACK repeated, at once or late, with DUP and without` }
}
