/** Wrong and odd payloads made from right ones, the same ones for the same seed: bytes broken, and values broken and encoded again. */
import { encodeCbor } from '@tracegate/model/cbor'

export type Random = (limit: number) => number

/** Mulberry32: small, and the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

const pick = <Item>(random: Random, list: readonly Item[], fallback: Item): Item => list[random(list.length)] ?? fallback

/** What breaks parsers. */
const fragments = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u0000',
  '\\ud83d',
  '\\ude00',
  '\\x',
  'null',
  'true',
  '-',
  '0',
  '1e999',
  '1e-7',
  '.5',
  '9007199254740993',
  '\u0000',
  '\u001f',
  '\u007f',
  'é',
  '🧊',
  '\ufeff',
  ' ',
  '\n'
]
  .map((text) => Buffer.from(text))
  .concat(
    [
      'ff',
      'f7',
      'f97e00',
      'f97c00',
      'fb7ff0000000000000',
      'a0',
      'bf',
      '9f',
      '80',
      '40',
      '60',
      '1b0020000000000000',
      '3b001fffffffffffff',
      'd9d9f7',
      'c0',
      '7f',
      'c3',
      'eda080',
      'f0'
    ].map((hex) => Buffer.from(hex, 'hex'))
  )

export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let result = Buffer.from(bytes)
  for (let turn = random(3); turn >= 0; turn -= 1) result = mutateOnce(random, result)
  return result
}

function mutateOnce(random: Random, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const at = random(bytes.length + 1)
  const end = Math.min(bytes.length, at + 1 + random(8))
  const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  switch (random(6)) {
    case 0:
      return Buffer.concat([head, Buffer.from([random(256)]), tail])
    case 1:
      return Buffer.concat([head, tail])
    case 2:
      return Buffer.concat([head, middle, middle, tail])
    case 3:
      return Buffer.concat([head, pick(random, fragments, Buffer.alloc(0)), middle, tail])
    case 4:
      return Buffer.concat([head, pick(random, fragments, Buffer.alloc(0)), tail])
    default:
      return Buffer.from(head)
  }
}

const oddValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  2,
  9,
  -1,
  0.5,
  1.5,
  1e21,
  1e-7,
  5e-324,
  2 ** 53,
  253_402_300_800_000,
  '',
  '1',
  'unknown',
  ']C1',
  'a b',
  'é',
  'x'.repeat(65),
  'x'.repeat(300),
  [],
  {},
  [[]],
  [1, 'a', null],
  { type: 'x' },
  '2026-02-30T00:00:00Z',
  'urn:x:y',
  'not a uri'
]
const oddNames = ['v', 'boot', 'seq', 'extra', 'a:b', 'type', '', '__proto__', 'toString', 'tíme', '1']

/** The value with one place changed, as JSON or CBOR. */
export function mutateValue(random: Random, value: unknown): Uint8Array {
  let changed: unknown = structuredClone(value)
  for (let turn = random(2); turn >= 0; turn -= 1) changed = changePlace(random, changed, random(12))
  const inCbor = random(2) === 1
  if (inCbor && typeof changed === 'object' && changed !== null && !Array.isArray(changed)) return encodeCbor(changed)
  return Buffer.from(JSON.stringify(changed))
}

function changePlace(random: Random, value: unknown, steps: number): unknown {
  if (typeof value !== 'object' || value === null || steps === 0) return pick(random, oddValues, null)
  if (Array.isArray(value)) {
    const list: unknown[] = [...value]
    const at = random(list.length + 1)
    const way = random(6)
    if (way === 0) list.splice(at, 1)
    else if (way === 1) list.splice(at, 0, list[random(list.length)] ?? null)
    else list[at] = changePlace(random, list[at], steps - 1)
    return list
  }
  const members: [string, unknown][] = Object.entries(value)
  const at = random(members.length)
  const [name = '', member] = members[at] ?? []
  const way = random(10)
  if (way === 0) members.splice(at, 1)
  else if (way === 1) members.push([pick(random, oddNames, 'x'), pick(random, oddValues, null)])
  else if (way === 2) members[at] = [pick(random, oddNames, 'x'), member]
  else members[at] = [name, changePlace(random, member, steps - 1)]
  return Object.fromEntries(members)
}
