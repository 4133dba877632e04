/** Puts the orders of a point into the messages of one revision: bounded, in a fixed order, and what finds no room is counted. Pure. */
import { type ControlList, type ControlOrder, controlKeysMax, controlOrdersMax, controlPartBytesMax } from './control.ts'
import { goodsOfKeys, type ControlOrderHead } from './control-goods.ts'
import { keyKind } from './gs1/key.ts'
import { controlPartsMax, wireVersion } from './wire-limits.ts'

/** An order with its goods as trace keys: those that were ordered, and those that the trace found for them. */
export interface PlannedOrder {
  readonly head: ControlOrderHead
  readonly ordered: readonly string[]
  readonly found: readonly string[]
}

export interface PlannedLists {
  readonly lists: readonly ControlList[]
  /** Keys that found no room; of the goods that the trace found, the last ones. */
  readonly leftOut: number
}

/** Bytes of a list without its orders, and of an order without its goods, at the most. */
const listBytes = 512
const goodsBytes = 256

interface Piece {
  readonly head: ControlOrderHead
  readonly keys: string[]
}

/** The messages of a revision, part 0 first. What was ordered by name goes in before anything that the trace found. */
export function planLists(options: {
  readonly point: string
  readonly revision: number
  readonly issuedAtMs: number
  readonly orders: readonly PlannedOrder[]
}): PlannedLists {
  const { point, revision, issuedAtMs, orders } = options
  const filler = createFiller()
  for (const { head, ordered } of orders) filler.add(head, ordered)
  for (const { head, ordered, found } of orders) {
    const named = new Set(ordered)
    filler.add(head, [...new Set(found)].filter((key) => !named.has(key)).sort(byReach))
  }
  const parts = Math.max(1, filler.parts.length)
  const leftOut = filler.leftOut()
  const lists = Array.from({ length: parts }, (_, part): ControlList => ({
    v: wireVersion,
    point,
    revision,
    part,
    parts,
    issuedAtMs,
    ...(leftOut === 0 ? {} : { leftOut }),
    orders: (filler.parts[part] ?? []).flatMap(orderOfPiece)
  }))
  return { lists, leftOut }
}

/** Lots and containers before single units: they stop more. */
function byReach(left: string, right: string): number {
  const rank = (key: string) => (keyKind(key) === 'item' ? 1 : 0)
  return rank(left) - rank(right) || (left < right ? -1 : 1)
}

function createFiller() {
  const parts: Piece[][] = []
  const pieces = new Map<string, number>()
  let part: Piece[] = []
  let bytes = listBytes
  let leftOut = 0

  function open(head: ControlOrderHead): Piece | undefined {
    const headBytes = byteLength(JSON.stringify(head)) + goodsBytes
    if (parts.length === 0 || bytes + headBytes > controlPartBytesMax || part.length >= controlOrdersMax) {
      if (parts.length >= controlPartsMax) return undefined
      part = []
      parts.push(part)
      bytes = listBytes
    }
    bytes += headBytes
    const count = (pieces.get(head.id) ?? 0) + 1
    pieces.set(head.id, count)
    const piece: Piece = { head: count === 1 ? head : { ...head, id: `${head.id}_${count}` }, keys: [] }
    part.push(piece)
    return piece
  }

  return {
    parts,
    leftOut: () => leftOut,
    add(head: ControlOrderHead, keys: readonly string[]) {
      let piece: Piece | undefined
      for (const [index, key] of keys.entries()) {
        // A key alone in its group costs its GTIN and brackets, too.
        const keyBytes = byteLength(key) + 48
        if (piece === undefined || bytes + keyBytes > controlPartBytesMax || piece.keys.length >= controlKeysMax) piece = open(head)
        if (piece === undefined) {
          leftOut += keys.length - index
          return
        }
        bytes += keyBytes
        piece.keys.push(key)
      }
    }
  }
}

function orderOfPiece({ head, keys }: Piece): ControlOrder[] {
  const goods = goodsOfKeys(keys)
  return goods === undefined ? [] : [{ ...head, goods }]
}

const encoder = new TextEncoder()
function byteLength(text: string): number {
  return encoder.encode(text).length
}
