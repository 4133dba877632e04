/**
 * The goods of a frozen scope, packed for the journal, and the hash that proves them. Whoever has the goods can make the hash again: the
 * SHA-256 of the UTF-8 of one line for each part of a good, `key<TAB>state<TAB>holder<TAB>place<TAB>quantities`, sorted by UTF-16 code
 * units, each ended by a line feed; quantities are `number unit` joined by `;` (pieces: unit `-`), empty for a thing with a serial number. Pure.
 */
import { Type, type Static } from 'typebox'
import { sha256Hex } from './sha256.ts'
import { Quantity } from './trace.ts'
import { scopeStates } from './trace-scope.ts'

/** Goods of one recall that are frozen one by one; a larger scope is cut and says so. */
export const manifestGoodsMax = 100_000
export const manifestPartsMax = 100_000

/** Goods that share state, holder, place and the begin of their keys. */
export const ManifestPart = Type.Object({
  state: Type.Enum(scopeStates),
  /** Key of the party, else of the place, else `unknown`. */
  holder: Type.String(),
  place: Type.Optional(Type.String()),
  prefix: Type.String(),
  /** What follows the prefix, one for each good. */
  tails: Type.Array(Type.String()),
  /** For goods without serial numbers, beside their tail. */
  quantities: Type.Optional(Type.Array(Type.Array(Quantity)))
})
export type ManifestPart = Static<typeof ManifestPart>

/** One good, or the part of a lot that lies with one holder at one place. */
export interface ManifestGood {
  readonly key: string
  readonly state: ManifestPart['state']
  readonly holder: string
  readonly place?: string
  /** Missing for a thing with a serial number. */
  readonly quantities?: readonly Quantity[]
}

export function manifestHash(goods: readonly ManifestGood[]): string {
  return sha256Hex(manifestLines(goods).join(''))
}

/** The lines that are hashed, sorted. */
export function manifestLines(goods: readonly ManifestGood[]): string[] {
  return goods.map(lineOf).sort()
}

function lineOf({ key, state, holder, place = '', quantities = [] }: ManifestGood): string {
  const amounts = quantities.map(({ quantity, uom }) => `${String(quantity)} ${uom ?? '-'}`).join(';')
  return `${key}\t${state}\t${holder}\t${place}\t${amounts}\n`
}

export function packManifest(goods: readonly ManifestGood[]): ManifestPart[] {
  const parts = new Map<string, { part: ManifestPart; amounts: Quantity[][] }>()
  for (const good of goods.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))) {
    const cut = good.key.lastIndexOf('/') + 1
    const prefix = good.key.slice(0, cut)
    const serial = good.quantities === undefined
    const id = `${good.state}\t${good.holder}\t${good.place ?? ''}\t${prefix}\t${String(serial)}`
    let group = parts.get(id)
    if (group === undefined) {
      const place = good.place === undefined ? {} : { place: good.place }
      group = { part: { state: good.state, holder: good.holder, ...place, prefix, tails: [] }, amounts: [] }
      parts.set(id, group)
    }
    group.part.tails.push(good.key.slice(cut))
    if (good.quantities !== undefined) group.amounts.push([...good.quantities])
  }
  return [...parts.values()].map(({ part, amounts }) => (amounts.length === 0 ? part : { ...part, quantities: amounts }))
}

export function unpackManifest(parts: readonly ManifestPart[]): ManifestGood[] {
  return parts.flatMap(({ state, holder, place, prefix, tails, quantities }) =>
    tails.map((tail, at) => {
      const amounts = quantities?.[at]
      return {
        key: prefix + tail,
        state,
        holder,
        ...(place === undefined ? {} : { place }),
        ...(amounts === undefined ? {} : { quantities: amounts })
      }
    })
  )
}

export interface ManifestDifference {
  readonly added: readonly string[]
  readonly gone: readonly string[]
  /** Other state, holder, place or quantity than then. */
  readonly moved: readonly string[]
}

/** By key; a lot that lies in several parts counts once. Each list is sorted. */
export function compareManifests(before: readonly ManifestGood[], after: readonly ManifestGood[]): ManifestDifference {
  const old = linesByKey(before)
  const now = linesByKey(after)
  const added: string[] = []
  const moved: string[] = []
  for (const [key, line] of now) {
    const known = old.get(key)
    if (known === undefined) added.push(key)
    else if (known !== line) moved.push(key)
  }
  const gone = [...old.keys()].filter((key) => !now.has(key))
  return { added: added.sort(), gone: gone.sort(), moved: moved.sort() }
}

function linesByKey(goods: readonly ManifestGood[]): Map<string, string> {
  const lists = new Map<string, string[]>()
  for (const good of goods) {
    const lines = lists.get(good.key)
    if (lines === undefined) lists.set(good.key, [lineOf(good)])
    else lines.push(lineOf(good))
  }
  return new Map([...lists].map(([key, lines]) => [key, lines.length === 1 ? (lines[0] ?? '') : lines.sort().join('')]))
}
