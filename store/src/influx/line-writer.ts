/**
 * Lines into an InfluxDB, in pieces that the server takes, and which of them it refuses for good. A piece that is refused is halved until
 * the poison is alone: that sends sound points again, which changes nothing, as a point of the same series and time replaces itself. What
 * may be taken later rejects; then the whole is to be handed in again.
 */
import { storeError } from '../errors.ts'
import type { InfluxDatabase, WritePrecision } from './client.ts'
import type { WriteAnswer } from './write-answer.ts'

interface RefusedLine {
  readonly index: number
  readonly detail: string
}

export interface LineWriterOptions {
  readonly database: InfluxDatabase
  /** Lines of one request. Default 5,000. */
  readonly linesMax?: number
  /** Bytes of one request, before compression. Default 4 MiB; halved for good when the server answers 413. */
  readonly bytesMax?: number
  /** Told when something is learnt about the server: for a log line and a counter. */
  readonly onAnswer?: (answer: WriteAnswer, lines: number) => void
}

export interface LineWriter {
  /**
   * Resolves with the lines that are refused for good, ascending; all others are stored. Rejects with `STORE_OVERLOADED` (without asking
   * the server while it wants to be left alone), `STORE_UNREACHABLE`, `STORE_TIMEOUT`, `STORE_ACCESS` or `STORE_SERVER`.
   */
  write(lines: readonly string[], precision: WritePrecision): Promise<RefusedLine[]>
}

interface Piece {
  readonly start: number
  readonly end: number
}

/** Sound for any server, at the server's own time: tells a fault of the points from a fault of everything else. */
const canary = 'tracegate_canary ok=1i'

export function createLineWriter(options: LineWriterOptions): LineWriter {
  const { database, linesMax = 5_000 } = options
  let bytesMax = options.bytesMax ?? 4 * 1_048_576
  let quietUntilMs = 0

  async function send(lines: readonly string[], precision: WritePrecision): Promise<WriteAnswer> {
    const action = `write ${lines.length} points`
    const waitMs = quietUntilMs - Date.now()
    if (waitMs > 0) throw storeError('STORE_OVERLOADED', { action, server: database.name, retryAfterMs: waitMs, detail: 'not asked' })
    const answer = await database.write(lines, precision)
    if (answer.type !== 'stored') options.onAnswer?.(answer, lines.length)
    if (answer.type === 'busy') {
      const { retryAfterMs, detail } = answer
      quietUntilMs = Date.now() + retryAfterMs
      throw storeError('STORE_OVERLOADED', { action, server: database.name, retryAfterMs, detail })
    }
    if (answer.type === 'denied' || answer.type === 'failed') {
      const { type, status, detail } = answer
      throw storeError(type === 'denied' ? 'STORE_ACCESS' : 'STORE_SERVER', { action, server: database.name, status, detail })
    }
    return answer
  }

  /** The server's word about one line is only believed when it takes a sound one. */
  async function requireSoundServer(detail: string): Promise<void> {
    const answer = await send([canary], 'ns')
    if (answer.type !== 'stored') throw storeError('STORE_SERVER', { action: 'write points', server: database.name, status: 400, detail })
  }

  return {
    async write(lines, precision) {
      const refused: RefusedLine[] = []
      const open = piecesOf(lines, { linesMax, bytesMax }).toReversed()
      for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
        const { start, end } = piece
        const size = end - start
        const answer = await send(lines.slice(start, end), precision)
        if (answer.type === 'stored') continue
        if (answer.type === 'tooLarge' && size > 1) {
          bytesMax = Math.ceil(bytesOf(lines, piece) / 2)
          open.push(...piecesOf(lines, { linesMax, bytesMax }, piece).toReversed())
          continue
        }
        if (answer.type === 'refused' && size > 1 && !(answer.certain && answer.partial && answer.dropped === size)) {
          const middle = start + Math.ceil(size / 2)
          open.push({ start: middle, end }, { start, end: middle })
          continue
        }
        const { detail = '' } = 'detail' in answer ? answer : {}
        if (answer.type === 'refused' && !answer.certain) await requireSoundServer(detail)
        for (let index = start; index < end; index++) refused.push({ index, detail })
      }
      return refused
    }
  }
}

/** Code units instead of bytes: names of devices are ASCII, and the limit is lowered when it is still too much. */
function bytesOf(lines: readonly string[], { start, end }: Piece): number {
  let bytes = 0
  for (let index = start; index < end; index++) bytes += (lines[index]?.length ?? 0) + 1
  return bytes
}

function piecesOf(
  lines: readonly string[],
  limits: { readonly linesMax: number; readonly bytesMax: number },
  whole: Piece = { start: 0, end: lines.length }
): Piece[] {
  const pieces: Piece[] = []
  let start = whole.start
  let bytes = 0
  for (let index = whole.start; index < whole.end; index++) {
    const length = (lines[index]?.length ?? 0) + 1
    if (index > start && (index - start >= limits.linesMax || bytes + length > limits.bytesMax)) {
      pieces.push({ start, end: index })
      start = index
      bytes = 0
    }
    bytes += length
  }
  if (start < whole.end) pieces.push({ start, end: whole.end })
  return pieces
}
