/** An event as a store served it, back in the form in which stores take it. */
import { parseCapture } from '@tracegate/model/epcis/document'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { storeError } from './errors.ts'

/** The text stays as it is, byte for byte. Throws `STORE_CORRUPT` for text that is no stored event; `where` names its store. */
export function storedTraceEvent(json: string, where: string): TraceEvent {
  const damaged = (detail: string, cause?: unknown) =>
    storeError('STORE_CORRUPT', { action: 'read stored event', path: where, detail }, cause)
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error)
  }
  const capture = parseCapture(parsed)
  if (!capture.ok) {
    const [first] = capture.findings
    throw damaged(`${first?.pointer ?? ''} ${first?.message ?? 'is no EPCIS event'}`)
  }
  const [event] = capture.events
  const recordTime = typeof parsed === 'object' && parsed !== null && 'recordTime' in parsed ? parsed.recordTime : undefined
  const recordTimeMs = typeof recordTime === 'string' ? Date.parse(recordTime) : NaN
  if (event === undefined || capture.form !== 'event' || Number.isNaN(recordTimeMs))
    throw damaged('it has no recordTime or is no single event')
  return { ...toTraceEvent(event, { recordTimeMs }), json }
}
