/** Seeded randomness: the same seed gives the same numbers, and a named stream is not disturbed by what others draw. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Integer in [from, to], both ends included. */
  integer(from: number, to: number): number
  /** About normal, mean 0, standard deviation 1. */
  normal(): number
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  /** Hexadecimal digits. */
  hex(length: number): string
}

/** `name` separates streams of one seed: draws of one never shift those of another. */
export function createRandom(seed: number, name: string): Random {
  let state = hashOf(`${seed}/${name}`)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    integer,
    normal() {
      let sum = 0
      for (let index = 0; index < 12; index += 1) sum += next()
      return sum - 6
    },
    pick: (items) => items[integer(0, items.length - 1)] ?? items[0],
    hex: (length) => Array.from({ length }, () => integer(0, 15).toString(16)).join('')
  }
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash | 0
}
