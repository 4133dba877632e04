/** The newest frames of the live stream, bounded, for clients that come back with the id of the last one they saw. */
import { randomBytes } from 'node:crypto'
import type { LiveMessage } from '@tracegate/model/live'

/** Frames and bytes kept for clients that come back; an older id gets a `reset` event. */
export const ringFramesMax = 4_096
const ringBytesMax = 8_388_608

export interface LiveFrame {
  readonly sequence: number
  /** Empty when the frame belongs to no single point. */
  readonly point: string
  readonly text: string
}

/** Ids are `{run}-{sequence}`: those of an earlier run of the process are told apart and answered with a reset. */
export function createLiveRing() {
  const run = randomBytes(4).toString('hex')
  const frames: LiveFrame[] = []
  let bytes = 0
  let next = 1
  return {
    lastId: () => `${run}-${next - 1}`,
    add(message: LiveMessage, point: string): LiveFrame {
      const sequence = next
      next += 1
      const text = `id: ${run}-${sequence}\nevent: ${message.type}\ndata: ${JSON.stringify(message.data)}\n\n`
      const frame = { sequence, point, text }
      frames.push(frame)
      bytes += text.length
      while (frames.length > ringFramesMax || bytes > ringBytesMax) bytes -= frames.shift()?.text.length ?? bytes
      return frame
    },
    /** The frames after an id; undefined when some of them are gone. A new client has missed nothing. */
    after(id: string | undefined): readonly LiveFrame[] | undefined {
      if (id === undefined || id === '') return []
      const match = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id)
      const last = Number(match?.[2])
      if (match === null || match[1] !== run || last >= next) return undefined
      const first = frames[0]?.sequence ?? next
      return last + 1 < first ? undefined : frames.slice(last + 1 - first)
    }
  }
}
