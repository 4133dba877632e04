/** The cells of the matrix as tests: runs one, fails when it lost or doubled anything, and keeps its counts for the table. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { runCell } from './cell.ts'
import { publishedCells } from './published.ts'
import { keepResult, readRun } from './record.ts'
import { failuresOf, tableOf, type BrokerName, type FaultName, type PartName } from './result.ts'
import { mosquittoPath } from './chain.ts'

const cellTimeoutMs = 120_000

export const cellOptions = { timeout: cellTimeoutMs }

/** Debian's Mosquitto may be absent on a developer's machine, never in CI. */
export const mosquittoOptions = {
  timeout: cellTimeoutMs,
  skip: !existsSync(mosquittoPath) && process.env['CI'] !== 'true' ? `${mosquittoPath} is not installed` : false
}

export function cell(part: PartName, fault: FaultName, broker: BrokerName = 'embedded') {
  return async (context: TestContext): Promise<void> => {
    const result = await runCell({ part, fault, broker })
    keepResult(result)
    context.diagnostic(`${part} × ${fault}, ${broker}: ${result.how}; sent ${result.sent}, stored ${result.stored}, ${result.seconds} s`)
    assert.deepEqual(failuresOf(result), [], `${part} × ${fault} with the ${broker} broker`)
  }
}

/** The last test of each part: prints the table of what this run has so far, and holds the published one against it. */
export function agreesWithPublished(part: PartName, broker: BrokerName = 'embedded') {
  return async (context: TestContext): Promise<void> => {
    const run = readRun()
    context.diagnostic(`\n${tableOf(run.cells.filter((one) => one.broker === broker))}`)
    const published = await publishedCells(broker)
    for (const found of run.cells.filter((one) => one.part === part && one.broker === broker)) {
      const claimed = published.find((row) => row.part === found.part && row.fault === found.fault)
      assert.ok(claimed, `docs/crash-matrix.md has no row for ${part} × ${found.fault}, expected one of each cell`)
      assert.deepEqual({ lost: claimed.lost, duplicated: claimed.duplicated }, { lost: found.lost, duplicated: found.duplicated })
    }
  }
}
