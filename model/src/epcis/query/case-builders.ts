/** Short-hand for the cases of query parameters: one parameter as a URL and as a body, with what it finds. Test data only. */
import type { WorldName } from './case-world.ts'

export interface QueryCase {
  readonly name: string
  readonly url: string
  readonly body: unknown
  readonly finds: readonly WorldName[]
}

export const list = (name: string, values: readonly string[], finds: readonly WorldName[]): QueryCase => ({
  name,
  url: values.join('|'),
  body: values,
  finds
})
export const number = (name: string, value: number, finds: readonly WorldName[]): QueryCase => ({
  name,
  url: String(value),
  body: value,
  finds
})
export const text = (name: string, value: string, finds: readonly WorldName[]): QueryCase => ({ name, url: value, body: value, finds })
export const flag = (name: string, finds: readonly WorldName[], body: unknown = true): QueryCase => ({ name, url: 'true', body, finds })

const comparisons = ['EQ', 'GT', 'GE', 'LT', 'LE'] as const
type Comparison = (typeof comparisons)[number]

/** Hits and misses of one number in every comparison: at it, just above and just below. */
export function numbers(
  nameOf: (comparison: Comparison) => string,
  value: number,
  options: { readonly finds: readonly WorldName[]; readonly of?: readonly Comparison[] }
): QueryCase[] {
  const { finds, of = comparisons } = options
  const holds = { EQ: [0], GT: [-1], GE: [-1, 0], LT: [1], LE: [0, 1] } as const
  return of.flatMap((comparison) =>
    [-1, 0, 1].map((step) => number(nameOf(comparison), value + step, holds[comparison].some((held) => held === step) ? finds : []))
  )
}

/** The fields of `extensions(count)` at one place, asked for in every comparison. */
export function fields(options: {
  readonly place: string
  readonly count: number
  readonly finds: readonly WorldName[]
  /** Comparisons that the standard has at this place, at the top and inside. */
  readonly of?: readonly Comparison[]
  readonly exists: readonly string[]
}): QueryCase[] {
  const { place, count, finds, of = comparisons } = options
  const time = Date.UTC(2026, 2, count)
  const times = { EQ: [0], GT: [-1], GE: [-1, 0], LT: [1], LE: [0, 1] } as const
  return [
    ...numbers((comparison) => `${comparison}_${place}ex:count`, count, { finds, of }),
    ...numbers((comparison) => `${comparison}_INNER_${place}ex:deep`, count, { finds, of }),
    ...numbers((comparison) => `${comparison}_INNER_${place}ex:deeper`, count, { finds, of: of.slice(0, 1) }),
    number(`EQ_INNER_${place}ex:count`, count, []),
    number(`EQ_${place}ex:deep`, count, []),
    ...of.flatMap((comparison) =>
      [-1, 0, 1].map((step) =>
        text(
          `${comparison}_${place}ex:when`,
          new Date(time + step * 1_000).toISOString(),
          times[comparison].some((held) => held === step) ? finds : []
        )
      )
    ),
    list(`EQ_${place}ex:colour`, [`red${count}`, 'green'], finds),
    list(`EQ_${place}ex:colour`, ['red'], []),
    ...options.exists.flatMap((name) => [
      flag(`${name}${name.includes('INNER') ? 'ex:deep' : 'ex:count'}`, finds),
      flag(`${name}ex:none`, [])
    ])
  ]
}
