/**
 * `check`: the whole file with every fault at once; then the broker and each source are connected to, one reading of each item is shown,
 * and it ends. 0: all well; 1: something does not answer as it should; 2: the file is wrong. The outbox is not opened.
 */
import { randomUUID } from 'node:crypto'
import { createLogger } from '@tracegate/service/log'
import type { EdgeConfig } from '../config.ts'
import { loadEdgeConfig } from '../configuration/load.ts'
import { maskText } from '../configuration/references.ts'
import { edgeError } from '../errors.ts'
import { configureSources, loadSourceKinds } from '../source/source-kinds.ts'
import type { ProbeFinding } from '../source/source.ts'
import { readArguments, wholeNumber } from './arguments.ts'
import { checkBroker } from './check-broker.ts'
import { problemLines } from './problem-lines.ts'
import { textTable } from './text-table.ts'

const waitDefaultMs = 5_000
/** Most items that are shown; a check of more says so. */
const findingsMax = 10_000

export async function checkCommand(argv: readonly string[]): Promise<number> {
  const { flags } = readArguments(argv, { config: 'string', json: 'boolean', 'wait-ms': 'string' })
  const path = typeof flags['config'] === 'string' ? flags['config'] : process.env['TRACEGATE_EDGE_CONFIG']
  if (path === undefined) throw edgeError('EDGE_CALL', { detail: '--config is missing, expected the file to be checked' })
  const waitMs = wholeNumber(flags, 'wait-ms', { fallback: waitDefaultMs, min: 100, max: 600_000 })
  const isJson = flags['json'] === true
  const loaded = await loadEdgeConfig({ path, env: process.env })
  if (!loaded.ok) {
    if (isJson) process.stdout.write(`${JSON.stringify({ ok: false, problems: loaded.problems }, undefined, 2)}\n`)
    else process.stderr.write(problemLines(loaded.problems))
    return 2
  }
  if (!isJson)
    process.stdout.write(`${path} is right: ${loaded.config.sources.length} sources, ${loaded.config.devices.length} devices\n\n`)
  const findings: ProbeFinding[] = []
  for await (const finding of checkAll(loaded.config, waitMs)) {
    if (findings.length >= findingsMax) break
    findings.push({ item: maskText(finding.item, loaded.secrets), ok: finding.ok, detail: maskText(finding.detail, loaded.secrets) })
  }
  const failed = findings.filter(({ ok }) => !ok).length
  if (isJson) process.stdout.write(`${JSON.stringify({ ok: failed === 0, problems: [], findings }, undefined, 2)}\n`)
  else {
    const rows = findings.map(({ item, ok, detail }) => [ok ? 'ok' : 'FAILED', item, detail])
    process.stdout.write(`${textTable(['', 'item', 'found'], rows)}\n${findings.length} looked at, ${failed} failed\n`)
  }
  return failed === 0 ? 0 : 1
}

/** The broker, then each source; one that throws is a finding, and the next is looked at. */
async function* checkAll(config: EdgeConfig, waitMs: number): AsyncIterable<ProbeFinding> {
  const control = new AbortController()
  const interrupt = () => control.abort()
  process.once('SIGINT', interrupt)
  const logger = createLogger({ level: 'error', format: 'json' })
  try {
    yield* checkBroker(config, { waitMs, signal: control.signal })
    const sources = configureSources(await loadSourceKinds(), config.sources)
    for (const [index, source] of sources.entries()) {
      const item = (text: string) => `source ${index + 1} (${source.type}): ${text}`
      try {
        const clientId = `tracegate-check-${randomUUID().slice(0, 13)}`
        for await (const finding of source.probe({ dataDir: config.dataDir, logger, clientId, waitMs, signal: control.signal }))
          yield { ...finding, item: item(finding.item) }
      } catch (error) {
        yield { item: item('probe'), ok: false, detail: error instanceof Error ? error.message : String(error) }
      }
    }
  } finally {
    process.off('SIGINT', interrupt)
    control.abort()
  }
}
