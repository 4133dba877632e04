/** The open streams of a new start: what was durable and in no message when the last run ended. Pure. */
import type { RecoveredPiece } from './journal.ts'
import { streamKeyOf } from './message.ts'
import type { OpenStream, Piece } from './plan.ts'

/** They are due at once: the first commit seals them. */
export function recoveredStreams(recovered: readonly RecoveredPiece[]): OpenStream[] {
  return [...Map.groupBy(recovered, streamKeyOf)].flatMap(([key, its]) => {
    const [first] = its
    if (first === undefined) return []
    const pieces = its.map(({ readings, timeMs, timeQuality, boot, index, segment }): Piece => {
      return { readings, timeMs, timeQuality, journal: { boot, upTo: index + readings.length, segment } }
    })
    return [{ key, device: first.device, urgent: first.urgent, pieces, openedAtMs: -Infinity, journaled: 0, sealed: 0 }]
  })
}
