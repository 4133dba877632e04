/**
 * What a server's answer to a write means. InfluxDB tells by the text, not by the status, whether points were stored: measured on 1.6,
 * read in the sources of 2.x, taken from the documentation of 3.x. Pure.
 */

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** Seconds, or a date, as the header has it. */
  readonly retryAfter?: string
}

export type WriteAnswer =
  | { readonly type: 'stored' }
  /**
   * The points are at fault, some or all; sent again they are refused again. `partial`: those that are not at fault are stored, and
   * `dropped` were not. Not partial: nothing is stored, whatever was sound (a type conflict within the batch on 1.x does that).
   * `certain` is false when the text is not known: the fault may lie elsewhere.
   */
  | { readonly type: 'refused'; readonly partial: boolean; readonly dropped?: number; readonly certain: boolean; readonly detail: string }
  | { readonly type: 'tooLarge'; readonly detail: string }
  /** Later the same points may be taken. */
  | { readonly type: 'busy'; readonly retryAfterMs: number; readonly detail: string }
  | { readonly type: 'denied' | 'failed'; readonly status: number; readonly detail: string }

const partialWrite = /partial write/i
const faultyPoints =
  /partial write|unable to parse|field type conflict|beyond retention policy|outside (?:the )?(?:time )?(?:range|retention)|max-(?:values-per-tag|series-per-database) limit|max key length|missing (?:fields|measurement|tag)|invalid (?:field|number|boolean|tag) ?|schema violation/i
const droppedCount = /dropped=(\d+)/
const waitMsDefault = 1_000
const waitMsMax = 300_000
const detailMax = 500

export function writeAnswerOf(answer: HttpAnswer, nowMs: number): WriteAnswer {
  const { status } = answer
  const detail = detailOf(answer)
  if (status >= 200 && status < 300) return { type: 'stored' }
  if (status === 413) return { type: 'tooLarge', detail }
  if (status === 429 || status === 503) return { type: 'busy', retryAfterMs: retryAfterMsOf(answer.retryAfter, nowMs), detail }
  if (status === 401 || status === 403) return { type: 'denied', status, detail }
  if (status !== 400 && status !== 422) return { type: 'failed', status, detail }
  const partial = partialWrite.test(answer.body)
  const dropped = droppedCount.exec(answer.body)?.[1]
  return {
    type: 'refused',
    partial,
    // A line that could not be read is no point for 1.x, which then says dropped=0.
    ...(partial && dropped !== undefined && dropped !== '0' ? { dropped: Number(dropped) } : {}),
    certain: faultyPoints.test(answer.body),
    detail
  }
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfterMsOf(header: string | undefined, nowMs: number): number {
  if (header === undefined) return waitMsDefault
  const wait = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), waitMsMax) : waitMsDefault
}

/** The text in the answer, shortened; JSON bodies of all versions keep it in `error` or `message`. */
export function detailOf({ status, body }: HttpAnswer): string {
  const text = /"(?:error|message)"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? body
  const trimmed = text.trim()
  return trimmed === '' ? `status ${status}` : trimmed.slice(0, detailMax)
}
