/**
 * GS1 company prefixes: how many digits of a key are the company's. An EPC URN shows it, a Digital Link does not; without knowing it no
 * URN can be made of a link. What is known here was read from URNs, or configured; nothing is guessed.
 */
import { keyParts } from './key.ts'

export interface CompanyPrefixes {
  /** Digits of the company prefix of a canonical key or any other form of it; undefined when it is not known. */
  lengthOf(key: string): number | undefined
}

export interface CompanyPrefixBook extends CompanyPrefixes {
  /** Takes in a prefix, or the one that an EPC URN shows; gives it back when it is new. Anything else is passed over. */
  learn(text: string): string | undefined
  readonly size: number
  /** How many new ones were passed over because the book was full. */
  readonly passedOver: number
}

/** Most prefixes of a book. */
export const companyPrefixesMax = 200_000

const prefixPattern = /^\d{6,12}$/
const lengths = [12, 11, 10, 9, 8, 7, 6] as const

/** Where the company prefix begins in the value of a primary key; a key that is not here has none. */
const startOf: ReadonlyMap<string, number> = new Map([
  ['00', 1],
  ['01', 1],
  ['253', 0],
  ['255', 0],
  ['401', 0],
  ['402', 0],
  ['414', 0],
  ['417', 0],
  ['8003', 1],
  ['8004', 0],
  ['8006', 1],
  ['8010', 0],
  ['8017', 0],
  ['8018', 0]
])

export function createCompanyPrefixes(known: Iterable<string> = [], options: { readonly sizeMax?: number } = {}): CompanyPrefixBook {
  const { sizeMax = companyPrefixesMax } = options
  const prefixes = new Set<string>()
  let passedOver = 0

  function learn(text: string): string | undefined {
    const prefix = text.startsWith('urn:epc:') ? prefixOfUrn(text) : prefixPattern.test(text) ? text : undefined
    if (prefix === undefined || prefixes.has(prefix)) return undefined
    if (prefixes.size >= sizeMax) {
      passedOver += 1
      return undefined
    }
    prefixes.add(prefix)
    return prefix
  }

  for (const prefix of known) learn(prefix)
  return {
    learn,
    lengthOf(key) {
      const parts = keyParts(key)
      const start = parts === undefined ? undefined : startOf.get(parts.primary)
      if (parts === undefined || start === undefined) return undefined
      // Prefixes that contain each other are not allocated; where an error made some, the longer one is the more particular.
      return lengths.find((length) => prefixes.has(parts.value.slice(start, start + length)))
    },
    get size() {
      return prefixes.size
    },
    get passedOver() {
      return passedOver
    }
  }
}

/** The company prefix that an EPC URN of a GS1 key shows. */
export function prefixOfUrn(urn: string): string | undefined {
  const colon = urn.indexOf(':', urn.indexOf(':', 8) + 1)
  const dot = urn.indexOf('.', colon)
  if (colon < 0 || dot < 0) return undefined
  const prefix = urn.slice(colon + 1, dot)
  return prefixPattern.test(prefix) && keyParts(urn) !== undefined ? prefix : undefined
}
