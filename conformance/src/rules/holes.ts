/** Streams of a device, and the numbers that are missing in them. Pure. */
import type { Sequenced, View } from '../view.ts'
import { type Fault, faultOf } from './finding.ts'
import { firstSends } from './streams.ts'

export function byBoot(messages: readonly Sequenced[]): Map<string, Sequenced[]> {
  const streams = new Map<string, Sequenced[]>()
  for (const message of messages) {
    const stream = streams.get(message.boot)
    if (stream === undefined) streams.set(message.boot, [message])
    else stream.push(message)
  }
  return streams
}

export interface Hole {
  readonly before: Sequenced
  readonly after: Sequenced
  readonly sameConnection: boolean
}

/** Numbers that never came, although later ones did. */
export function holesOf(view: View): Hole[] {
  const unread = view.publishes.filter((publish) => publish.value === undefined)
  // A message that cannot be decoded (TG-201) has a number that nobody can read.
  const hidden = ({ before, after }: Hole) => unread.filter(({ line }) => line > before.line && line < after.line).length
  return [...byBoot(firstSends(view)).values()].flatMap(holesOfStream).filter((hole) => hidden(hole) < hole.after.seq - hole.before.seq - 1)
}

function holesOfStream(messages: readonly Sequenced[]): Hole[] {
  const seen = new Set(messages.map(({ seq }) => seq))
  const holes: Hole[] = []
  let before: Sequenced | undefined
  for (const after of messages) {
    if (before === undefined || after.seq > before.seq) {
      const { seq } = before ?? after
      // One number that is missing tells: what is filled later is a matter of order.
      if (before !== undefined && after.seq > seq + 1 && !everySeen(seen, seq + 1, after.seq))
        holes.push({ before, after, sameConnection: before.connection === after.connection })
      before = after
    }
  }
  return holes
}

function everySeen(seen: ReadonlySet<number>, from: number, to: number): boolean {
  if (to - from > seen.size) return false
  for (let seq = from; seq < to; seq += 1) if (!seen.has(seq)) return false
  return true
}

export function holeFault({ before, after }: Hole): Fault {
  return faultOf(after, { seen: `seq ${after.seq} after ${before.seq} of boot "${after.boot}"`, expected: `seq ${before.seq + 1}` })
}
