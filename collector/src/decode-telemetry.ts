/** Telemetry from bytes to readings, which is what most messages are: as quickly as it can be checked in full. Pure. */
import { isAscii } from 'node:buffer'
import { compileValidator, decodeMessage, type Decoded } from '@tracegate/model/codec'
import { readingsOf, Telemetry, type Reading } from '@tracegate/model/telemetry'

const telemetry = compileValidator(Telemetry)
const objectStart = 0x7b

/**
 * Most messages are plain ASCII JSON and valid: they are parsed without being looked through first, as the schema allows no deep nesting.
 * All others are decoded in full, which tells what is wrong with them.
 */
export function decodeTelemetry(payload: Uint8Array): Decoded<Telemetry> {
  if (payload[0] === objectStart && isAscii(payload)) {
    try {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
      const value: unknown = JSON.parse(bytes.toString('latin1'))
      const checked = telemetry.check(value)
      if (checked.ok) return checked
    } catch {
      // Said below.
    }
  }
  return decodeMessage(telemetry, payload)
}

export interface LatenessContext {
  /** See `limits.ts`. */
  readonly historicalAfterMs: number
  /** How far the clock of a device (`point/device`) runs behind; 0 where that is not known. */
  readonly behindMs: (name: string) => number
}

export interface SpeltOut {
  readonly readings: Reading[]
  /** Readings that came long after their time, and such whose time is far ahead of ours. */
  readonly historicalReadings: number
  readonly aheadReadings: number
}

/** As the engine and the stores have it: a reading that is further ahead has a wrong time. It is stored, and not judged. */
const aheadMaxMs = 60_000

export function spellOut(
  message: Telemetry,
  context: LatenessContext & {
    readonly sender: { readonly point: string; readonly device: string; readonly name: string }
    readonly receivedAtMs: number
  }
): SpeltOut {
  const { sender, receivedAtMs } = context
  let [historicalReadings, aheadReadings] = [0, 0]
  let behindMs: number | undefined
  const lateMs = receivedAtMs - context.historicalAfterMs
  const isHistorical = (timeMs: number): boolean | undefined => {
    if (timeMs - receivedAtMs > aheadMaxMs) aheadReadings += 1
    if (timeMs >= lateMs) return undefined
    behindMs ??= context.behindMs(sender.name)
    const historical = timeMs + behindMs < lateMs
    if (historical) historicalReadings += 1
    return historical
  }
  return { readings: readingsOf(message, sender, isHistorical), historicalReadings, aheadReadings }
}
