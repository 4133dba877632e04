/**
 * How alike two reports are told: texts as sets of shingles, kept as short sketches whose agreement estimates their Jaccard similarity
 * (MinHash, Broder 1997), with bands to look up by. Pure; it decides nothing.
 */
import { hash53 } from './hash53.ts'

const hashes = 64
/** 16 bands of 4: texts of similarity 0.7 share a band with probability 0.99, of 0.3 with 0.12. */
export const bands = 16
const rowsPerBand = hashes / bands
/** Characters of one shingle: short enough for Chinese, where four characters are two words. */
const shingleLength = 4
/** Of a longer text the first so many characters count. */
const textMax = 8_000

export type Sketch = Uint32Array

/** The text without what differs by typing only: width, case, marks, spaces. */
export function plainText(text: string): string {
  return text
    .slice(0, textMax)
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, ' ')
    .trim()
}

export function sketchOf(text: string): Sketch {
  const plain = plainText(text)
  const sketch = new Uint32Array(hashes).fill(0xffffffff)
  const seen = new Set<number>()
  for (let at = 0; at + shingleLength <= Math.max(plain.length, shingleLength); at += 1) {
    const shingle = hash53(plain.slice(at, at + shingleLength))
    if (seen.has(shingle)) continue
    seen.add(shingle)
    // Two independent halves make all the hash functions (Kirsch and Mitzenmacher, 2008).
    const low = shingle >>> 0
    const high = ((shingle / 4_294_967_296) ^ Math.imul(low, 0x9e3779b1)) >>> 0
    for (let index = 0; index < hashes; index += 1) {
      const value = mix(low + Math.imul(index, high | 1))
      if (value < (sketch[index] ?? 0)) sketch[index] = value
    }
  }
  return sketch
}

function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Estimated Jaccard similarity of the texts, in steps of 1/64. */
export function similarityOf(left: Sketch, right: Sketch): number {
  let same = 0
  for (let index = 0; index < hashes; index += 1) if (left[index] === right[index]) same += 1
  return same / hashes
}

/** One name a band; two sketches that share one are worth comparing. */
export function bandsOf(sketch: Sketch): string[] {
  return Array.from({ length: bands }, (_, band) => `${band}:${sketch.slice(band * rowsPerBand, (band + 1) * rowsPerBand).join('.')}`)
}
