/** Reads what a rule needs out of canonical keys (`https://id.gs1.org/01/{gtin}/21/{serial}` and the like) without parsing them again. */

const origin = 'https://id.gs1.org/'

/** The GTIN of 14 digits of an item, lot or product key. */
export function gtinOf(key: string): string | undefined {
  return key.startsWith(`${origin}01/`) ? key.slice(origin.length + 3, origin.length + 17) : undefined
}

/** The GLN of a place key, without its extension. */
export function glnOf(key: string): string | undefined {
  return key.startsWith(`${origin}414/`) ? key.slice(origin.length + 4, origin.length + 17) : undefined
}
