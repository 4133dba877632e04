/** A Bloom filter over hashes of keys: tells which segments need not be looked into. It forgets nothing and may say yes wrongly. */

const bitsPerKey = 10
/** Gives about one wrong yes in eighty with ten bits a key. */
const probes = 5

export interface KeyFilter {
  readonly bytes: Uint8Array
  add(hash: number): void
  mayHave(hash: number): boolean
}

export function createKeyFilter(keysMax: number): KeyFilter {
  return keyFilterOf(new Uint8Array(Math.max(8, Math.ceil((keysMax * bitsPerKey) / 8))))
}

export function keyFilterOf(bytes: Uint8Array): KeyFilter {
  const bits = bytes.length * 8
  return {
    bytes,
    add(hash) {
      let at = first(hash)
      const step = second(hash)
      for (let probe = 0; probe < probes; probe += 1) {
        const bit = Math.floor((at / 4_294_967_296) * bits)
        const byte = bit >>> 3
        bytes[byte] = (bytes[byte] ?? 0) | (1 << (bit & 7))
        at = (at + step) >>> 0
      }
    },
    mayHave(hash) {
      let at = first(hash)
      const step = second(hash)
      for (let probe = 0; probe < probes; probe += 1) {
        const bit = Math.floor((at / 4_294_967_296) * bits)
        if (((bytes[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
        at = (at + step) >>> 0
      }
      return true
    }
  }
}

function first(hash: number): number {
  return mix((hash - Math.floor(hash / 4_294_967_296) * 4_294_967_296) | 0)
}

function second(hash: number): number {
  return (mix(Math.floor(hash / 1_024) >>> 0) | 1) >>> 0
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
