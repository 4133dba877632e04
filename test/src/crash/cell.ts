/** Runs one cell of the matrix: start the chain, wait until it flows, let the fault strike, let everything drain, count. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from '../system/product.ts'
import { diskMebibytes, faultOf, type Struck } from './faults.ts'
import { createRandom } from './random.ts'
import type { BrokerName, CellResult, FaultName, PartName } from './result.ts'
import { startSystem, type System, type SystemOptions } from './system.ts'

export interface Cell {
  readonly part: PartName
  readonly fault: FaultName
  readonly broker: BrokerName
}

const flowsWithinMs = 40_000

/** `options` change the system for a test of the matrix itself. */
export async function runCell({ part, fault, broker }: Cell, options: Pick<SystemOptions, 'habit' | 'mayMount'> = {}): Promise<CellResult> {
  const startedMs = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-crash-'))
  try {
    await using system = await startSystem({
      folder,
      broker,
      ...(fault === 'disk full' ? { smallDisks: new Map([[part, diskMebibytes[part]]]) } : {}),
      ...options
    })
    const random = createRandom(`${part} ${fault}`)
    return await withErrors(system, async () => {
      await flows(system)
      const struck = await faultOf(part, fault)(system, random)
      return { part, fault, broker, ...(await finish(system, struck)), seconds: Math.round((performance.now() - startedMs) / 100) / 10 }
    })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Both lanes carry items to the end. */
export async function flows(system: System): Promise<void> {
  await waitFor('the chain to flow', flowsWithinMs, () => {
    const ended = Object.values(system.parts).find((part) => !part.isRunning())
    if (ended !== undefined) throw new Error(`${ended.name} ended by itself`)
    return Object.values(system.progress().released).every((items) => items >= 20) ? true : undefined
  })
}

/** Everything that can be counted once the faults are over. */
export async function finish(
  system: System,
  struck: Struck,
  drainWithinMs?: number
): Promise<Omit<CellResult, 'part' | 'fault' | 'broker' | 'seconds'>> {
  await system.drain(drainWithinMs)
  const counts = await system.judge()
  const { duplicates, balanced } = system.totals()
  return { ...counts, faults: struck.times, how: struck.how, notTaken: system.progress().notTaken, repeats: duplicates, balanced }
}

/** Says what the parts wrote when something fails. */
export async function withErrors<Value>(system: System, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${JSON.stringify(system.progress())}\n${system.errors()}`, {
      cause: error
    })
  }
}
