/**
 * What the newest messages of a stream, and its first one, contained: enough to tell a message that comes again from another
 * one under the same number. 140 bytes a stream. It decides nothing about what is new.
 */
import { crc32 } from 'node:zlib'

const slots = 16
/** A word for the mark of a reused stream, then number and print of the first message and of each slot. */
const words = 1 + 2 * (slots + 1)
const none = 0

export type Fingerprints = Uint32Array

export function emptyFingerprints(): Fingerprints {
  return new Uint32Array(words)
}

/** Devices publish to the same few topics again and again. */
const topicPrints = new Map<string, number>()
const topicPrintsMax = 20_000

/** Of topic and payload; 0 stands for none and is never given. */
export function printOf({ topic, payload }: { readonly topic: string; readonly payload: Uint8Array }): number {
  let start = topicPrints.get(topic)
  if (start === undefined) {
    start = crc32(topic)
    if (topicPrints.size >= topicPrintsMax) topicPrints.clear()
    topicPrints.set(topic, start)
  }
  return crc32(payload, start) || 1
}

export function comparePrint(prints: Fingerprints, seq: number, print: number): 'same' | 'other' | 'unknown' {
  for (const at of [1, slotOf(seq)])
    if (prints[at + 1] !== none && prints[at] === lowWordOf(seq)) return prints[at + 1] === print ? 'same' : 'other'
  return 'unknown'
}

/** Changes the prints in place. */
export function addPrint(prints: Fingerprints, seq: number, print: number): void {
  for (const at of prints[2] === none ? [1, slotOf(seq)] : [slotOf(seq)]) {
    prints[at] = lowWordOf(seq)
    prints[at + 1] = print
  }
}

/** Whether a number of this stream has been seen on two different messages. */
export function isReused(prints: Fingerprints): boolean {
  return prints[0] !== 0
}

export function markReused(prints: Fingerprints): void {
  prints[0] = 1
}

export function bytesOfPrints(prints: Fingerprints): Uint8Array {
  return new Uint8Array(prints.buffer, prints.byteOffset, prints.byteLength)
}

/** Takes what `bytesOfPrints` gave; anything else is as good as none. */
export function printsOfBytes(bytes: Uint8Array): Fingerprints {
  return bytes.byteLength === words * 4 ? new Uint32Array(Uint8Array.from(bytes).buffer) : emptyFingerprints()
}

function slotOf(seq: number): number {
  return 3 + 2 * (seq % slots)
}

function lowWordOf(seq: number): number {
  return seq % 2 ** 32
}
