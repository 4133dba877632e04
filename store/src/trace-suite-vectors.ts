/** The published trace-back vectors as tests: 21 fishery events, and the events that a trace-back must return. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { parseCapture } from '@tracegate/model/epcis/document'
import { keyOf, toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { Type } from 'typebox'
import type { TraceStore } from './trace-store.ts'

const folder = new URL('../../../shared/testdata/epcis/traceback/', import.meta.url)
const expectedFile = new URL('expected.json', folder)
const documentFile = new URL('traceback_tests.normalised.jsonld', folder)

const Expected = compileValidator(
  Type.Object({
    cases: Type.Array(Type.Object({ item: Type.String(), timeScoped: Type.Object({ eventIndexes: Type.Array(Type.Integer()) }) }))
  })
)

/** Our definition is the time-scoped one. */
export function tracebackVectorTests(store: () => TraceStore): void {
  const missing = !existsSync(expectedFile)
  const skip = missing && process.env['CI'] !== 'true' ? 'the trace-back vectors are not there' : false
  it('traces back the published fishery events, time-scoped', { skip }, async () => {
    const events = readEvents()
    await store().capture(events)
    const expected = Expected.check(readJson(expectedFile))
    assert.ok(expected.ok)
    for (const { item, timeScoped } of expected.value.cases) {
      const answer = await store().ask('back', { of: keyOf(item) })
      const wanted = timeScoped.eventIndexes.map((index) => events[index]?.eventID ?? '')
      assert.deepEqual(answer.events.toSorted(), wanted.sort(), item)
      assert.equal(answer.truncated, false)
    }
  })
}

function readEvents(): TraceEvent[] {
  const capture = parseCapture(readJson(documentFile))
  assert.ok(capture.ok)
  return capture.events.map((event) => toTraceEvent(event, { recordTimeMs: Date.UTC(2026, 0, 1), context: capture.context }))
}

function readJson(file: URL): unknown {
  const decoded = decodeJson(readFileSync(file))
  assert.ok(decoded.ok)
  return decoded.value
}
