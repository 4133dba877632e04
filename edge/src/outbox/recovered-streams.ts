/** The open streams of a new start: what was durable and in no message when the last run ended. Pure. */
import type { RecoveredPiece } from './journal.ts'
import { streamKeyOf } from './message.ts'
import { type OpenStream, type Piece, textOf } from './plan.ts'

/** They are due at once: the first commit seals them. */
export function recoveredStreams(recovered: readonly RecoveredPiece[]): OpenStream[] {
  return [...Map.groupBy(recovered, streamKeyOf)].flatMap(([key, its]) => {
    const [first] = its
    if (first === undefined) return []
    const pieces = its.map(({ readings, timeMs, timeQuality, boot, index, segment }): Piece => {
      return {
        text: textOf(readings),
        readings: readings.length,
        timeMs,
        timeQuality,
        journal: { boot, upTo: index + readings.length, segment }
      }
    })
    const readings = its.reduce((sum, piece) => sum + piece.readings.length, 0)
    return [{ key, device: first.device, urgent: first.urgent, pieces, readings, openedAtMs: -Infinity, journaled: 0, sealed: 0 }]
  })
}
