/** Two copies of a series, reading by reading. Pure. */
import type { SeriesColumns } from '../telemetry-store.ts'

export interface Difference {
  /** `events`, or the name of a series. */
  readonly what: string
  readonly detail: string
}

/** The first difference as text; undefined when there is none. Pages may be cut differently. */
export async function comparePages(left: AsyncIterable<SeriesColumns>, right: AsyncIterable<SeriesColumns>): Promise<string | undefined> {
  const others = readingsOf(right)[Symbol.asyncIterator]()
  for await (const one of readingsOf(left)) {
    const { value: other, done } = await others.next()
    if (done === true) return `${textOf(one)} is missing here`
    if (one.timeMs !== other.timeMs || !Object.is(one.value, other.value) || one.quality !== other.quality || one.unit !== other.unit)
      return `${textOf(one)} there, ${textOf(other)} here`
  }
  const rest = await others.next()
  return rest.done === true ? undefined : `${textOf(rest.value)} is here only`
}

interface OneReading {
  readonly timeMs: number
  readonly value: number
  readonly quality: number
  readonly unit: string
}

async function* readingsOf(pages: AsyncIterable<SeriesColumns>): AsyncGenerator<OneReading, undefined> {
  for await (const { timeMs, value, quality, unit } of pages)
    for (const [at, time] of timeMs.entries()) yield { timeMs: time, value: value[at] ?? NaN, quality: quality[at] ?? 9, unit }
}

function textOf({ timeMs, value, quality, unit }: OneReading): string {
  return `${value} ${unit} (quality ${quality}) at ${new Date(timeMs).toISOString()}`
}
