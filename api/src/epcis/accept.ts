/** Content negotiation (RFC 9110 §12.5.1): which of the offered media types a caller likes best. It knows no route. */

interface Range {
  readonly type: string
  readonly quality: number
}

const rangesMax = 32

/** The offered type of the highest quality, the earliest of equals; undefined when none is acceptable. */
export function chooseType<Offered extends string>(accept: string | undefined, offered: readonly Offered[]): Offered | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0]
  const ranges = accept.split(',', rangesMax).map(rangeOf)
  let best: { readonly type: Offered; readonly quality: number } | undefined
  for (const type of offered) {
    const quality = qualityOf(type, ranges)
    if (quality > (best?.quality ?? 0)) best = { type, quality }
  }
  return best?.type
}

/** The most specific range decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const family = `${type.slice(0, type.indexOf('/'))}/*`
  for (const pattern of [type, family, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === pattern)
    if (range !== undefined) return range.quality
  }
  return 0
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  return { type, quality: Number.isFinite(quality) ? Math.min(1, Math.max(0, quality)) : 0 }
}
