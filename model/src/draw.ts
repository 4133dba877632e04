/**
 * A draw that anybody can repeat: who is drawn follows from a published seed, the list of candidates and nothing else. Pure.
 *
 * The rule, for whoever verifies it by hand: (1) the ticket of a candidate is SHA-256, in lower-case hexadecimal, of the UTF-8 of the
 * seed, a line feed, its stratum, a line feed and its id; (2) each stratum gets its share of the number by the largest remainder, ties to
 * the stratum whose name comes first, and at least one while the number and the stratum allow it; (3) in each stratum the lowest tickets
 * are drawn; (4) the list is proved by the SHA-256 of its lines `stratum<TAB>id`, sorted, each ended by a line feed. Texts are ordered by
 * their UTF-16 code units.
 */
import { sha256Hex } from './sha256.ts'

export interface Candidate {
  readonly id: string
  /** Candidates of one stratum are drawn among themselves. */
  readonly stratum: string
}

export interface DrawAsked {
  readonly seed: string
  /** Ids are unique. */
  readonly candidates: readonly Candidate[]
  /** How many are drawn; all of them when there are fewer. */
  readonly count: number
}

export interface Drawn extends Candidate {
  readonly ticket: string
}

export interface Draw {
  /** By stratum, then ticket. */
  readonly drawn: readonly Drawn[]
  readonly populationSha256: string
  readonly strata: readonly { readonly stratum: string; readonly candidates: number; readonly drawn: number }[]
}

export const ticketOf = (seed: string, { id, stratum }: Candidate): string => sha256Hex(`${seed}\n${stratum}\n${id}`)

export function populationHash(candidates: readonly Candidate[]): string {
  const lines = candidates.map(({ id, stratum }) => `${stratum}\t${id}\n`)
  return sha256Hex(lines.sort().join(''))
}

export function draw({ seed, candidates, count }: DrawAsked): Draw {
  const byStratum = new Map<string, Drawn[]>()
  const ids = new Set<string>()
  for (const { id, stratum } of candidates) {
    if (ids.has(id)) throw new TypeError(`Cannot draw: candidate "${id}" is there twice, expected each once`)
    ids.add(id)
    const row = byStratum.get(stratum) ?? []
    row.push({ id, stratum, ticket: ticketOf(seed, { id, stratum }) })
    byStratum.set(stratum, row)
  }
  const names = [...byStratum.keys()].sort()
  const counts = allot(
    names.map((name) => byStratum.get(name)?.length ?? 0),
    Math.min(Math.max(0, Math.floor(count)), candidates.length)
  )
  const drawn: Drawn[] = []
  const strata: { stratum: string; candidates: number; drawn: number }[] = []
  for (const [at, stratum] of names.entries()) {
    const rows = (byStratum.get(stratum) ?? []).sort((a, b) => (a.ticket < b.ticket ? -1 : 1))
    const chosen = rows.slice(0, counts[at])
    drawn.push(...chosen)
    strata.push({ stratum, candidates: rows.length, drawn: chosen.length })
  }
  return { drawn, populationSha256: populationHash(candidates), strata }
}

/** Whether the ids are exactly those that the rule draws. */
export function verifyDraw(asked: DrawAsked, ids: readonly string[]): boolean {
  const wanted = draw(asked).drawn.map(({ id }) => id)
  return wanted.length === ids.length && new Set(ids).size === ids.length && wanted.every((id) => ids.includes(id))
}

/** Shares of `count` by size, largest remainder first; then one of the largest shares is given to each stratum that got none. */
function allot(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total === 0) return sizes.map(() => 0)
  const shares = sizes.map((size) => Math.floor((size * count) / total))
  const rest = count - shares.reduce((sum, share) => sum + share, 0)
  // In whole numbers, so that no rounding of a division decides a draw.
  const byRemainder = sizes
    .map((size, at) => ({ at, remainder: (size * count) % total }))
    .sort((a, b) => b.remainder - a.remainder || a.at - b.at)
  for (const { at } of byRemainder.slice(0, rest)) shares[at] = (shares[at] ?? 0) + 1
  if (count < sizes.length) return shares
  for (const [at, size] of sizes.entries()) {
    if (size === 0 || (shares[at] ?? 0) > 0) continue
    const largest = shares.indexOf(Math.max(...shares))
    shares[largest] = (shares[largest] ?? 0) - 1
    shares[at] = 1
  }
  return shares
}
