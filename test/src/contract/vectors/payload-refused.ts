/** How the vectors of refused payloads are written down. */
import type { PlainObject } from './message-parts.ts'
import { textHex, type VectorCase } from './vector.ts'

export interface Answer {
  readonly code: string
  readonly pointer?: string
}

export const bytes = (name: string, channel: string, hex: string, { code, pointer = '' }: Answer): VectorCase => ({
  name,
  channel,
  hex,
  code,
  pointer
})
export const text = (name: string, channel: string, json: string, answer: Answer): VectorCase => bytes(name, channel, textHex(json), answer)

/** `SCHEMA_…` at a pointer, for a message that is written as it stands. */
export const wrong = (
  name: string,
  channel: string,
  value: PlainObject,
  [code, pointer]: readonly [code: string, pointer: string]
): VectorCase => text(name, channel, JSON.stringify(value), { code: `SCHEMA_${code}`, pointer })
