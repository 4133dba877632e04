/**
 * Inputs that the agent could not take: counted, and kept with their reason in `dead-letter.jsonl` in the data folder. The
 * file is bounded: at its limit it becomes `dead-letter.1.jsonl` and the one before that is deleted, so the newest stay.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Reason } from '@tracegate/model/errors'
import type { Logger } from '@tracegate/service/log'
import type { EdgeEvents } from '../events.ts'

interface DeadLetterEntry {
  readonly source: string
  readonly device?: string
  readonly topic?: string
  readonly reason: Reason
  readonly payload: Uint8Array
}

export interface DeadLetterFile {
  keep(entry: DeadLetterEntry): void
}

const deadLetterFileBytesMax = 4_194_304
/** Of a larger payload the beginning is kept. */
const deadLetterPayloadBytesMax = 65_536

export function createDeadLetterFile(options: {
  readonly dataDir: string
  readonly events: EdgeEvents
  readonly logger: Logger
  readonly bytesMax?: number
}): DeadLetterFile {
  const { events, logger } = options
  const bytesMax = options.bytesMax ?? deadLetterFileBytesMax
  const path = join(options.dataDir, 'dead-letter.jsonl')
  mkdirSync(options.dataDir, { recursive: true })
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0

  return {
    keep(entry) {
      const { source, device, topic, reason, payload } = entry
      logger.warn({ source, device, topic, ...reason }, 'input refused')
      const line = `${JSON.stringify({
        receivedAt: new Date().toISOString(),
        source,
        device,
        topic,
        ...reason,
        payloadBytes: payload.length,
        payloadBase64: Buffer.from(payload.subarray(0, deadLetterPayloadBytesMax)).toString('base64')
      })}\n`
      let kept = true
      try {
        if (bytes > 0 && bytes + line.length > bytesMax) {
          renameSync(path, join(options.dataDir, 'dead-letter.1.jsonl'))
          bytes = 0
        }
        appendFileSync(path, line)
        bytes += line.length
      } catch (error) {
        kept = false
        logger.error({ path, detail: error instanceof Error ? error.message : String(error) }, 'dead letter not kept')
      }
      events.deadLetter(reason.code, kept)
    }
  }
}
