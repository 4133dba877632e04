/** Judges the trace back: captures the document of the case file, traces each item, and compares the sets of events. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { parseCapture } from '@tracegate/model/epcis/document'
import { keyOf, toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore } from '@tracegate/store/embedded-trace'
import type { TraceStore } from '@tracegate/store/trace-store'
import { Type, type Static } from 'typebox'
import { createJudgeSheet, type Judge, type JudgeSheet } from './result.ts'

const EventSet = Type.Object({ eventIndexes: Type.Array(Type.Integer({ minimum: 0 })) })
const Case = Type.Object({ item: Type.String(), published: Type.Optional(EventSet), timeScoped: Type.Optional(EventSet) })
type Case = Static<typeof Case>
const Expected = compileValidator(Type.Object({ normalised: Type.String(), cases: Type.Array(Case) }))

export const judge: Judge = {
  kind: 'traceback',
  about: 'trace back of items, the set of events against expected.json',
  async run(path) {
    const sheet = createJudgeSheet()
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-judge-'))
    const store = await createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics() })
    try {
      await judgeFolder(sheet, store, path)
    } finally {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    }
    return sheet.result()
  }
}

async function judgeFolder(sheet: JudgeSheet, store: TraceStore, path: string): Promise<void> {
  const expected = Expected.check(await readJson(join(path, 'expected.json')))
  sheet.check('expected.json', expected.ok, () => (expected.ok ? '' : expected.reason.message))
  if (!expected.ok) return
  const capture = parseCapture(await readJson(join(path, expected.value.normalised)))
  sheet.check('capture', capture.ok, () => (capture.ok ? '' : capture.findings.map(({ message }) => message).join('; ')))
  if (!capture.ok) return
  const events = capture.events.map((event) => toTraceEvent(event, { recordTimeMs: Date.now(), context: capture.context }))
  await store.capture(events)
  const matched = { timeScoped: 0, published: 0 }
  for (const one of expected.value.cases) await judgeCase(sheet, { store, events, matched }, one)
  sheet.note(`the answers are the time-scoped sets (${matched.timeScoped} of ${expected.value.cases.length} items)`)
  if (matched.published > 0) sheet.note(`${matched.published} answers are the published set instead`)
}

interface Judging {
  readonly store: TraceStore
  readonly events: readonly TraceEvent[]
  readonly matched: { timeScoped: number; published: number }
}

/** One of the two sets must come back, exactly. */
async function judgeCase(sheet: JudgeSheet, { store, events, matched }: Judging, one: Case): Promise<void> {
  const answer = await store.ask('back', { of: keyOf(one.item) })
  const found = new Set(answer.events)
  const idsOf = (set: Static<typeof EventSet>): Set<string> =>
    new Set(set.eventIndexes.map((index) => events[index]?.eventID ?? `event ${index}`))
  const isFound = (set: Static<typeof EventSet> | undefined): boolean =>
    set !== undefined && found.symmetricDifference(idsOf(set)).size === 0
  if (isFound(one.timeScoped)) matched.timeScoped += 1
  else if (isFound(one.published)) matched.published += 1
  sheet.check(one.item, isFound(one.timeScoped) || isFound(one.published), () => {
    const wanted = idsOf(one.timeScoped ?? one.published ?? { eventIndexes: [] })
    return `missing ${[...wanted.difference(found)].join(' ') || 'none'}, too many ${[...found.difference(wanted)].join(' ') || 'none'}`
  })
}

async function readJson(path: string): Promise<unknown> {
  const decoded = decodeJson(await readFile(path))
  return decoded.ok ? decoded.value : undefined
}
