/** Long texts in pieces: InfluxDB promises 64 KiB a string and no more. Pure. */

/** UTF-16 units; each takes at most three bytes of UTF-8. */
export const textUnitsMax = 16_384

/** Pieces that joined give the text; no piece ends inside of a surrogate pair. */
export function partsOf(text: string): string[] {
  const parts: string[] = []
  for (let start = 0; start < text.length;) {
    const wanted = Math.min(start + textUnitsMax, text.length)
    const end = wanted < text.length && isHighSurrogate(text.charCodeAt(wanted - 1)) && wanted - 1 > start ? wanted - 1 : wanted
    parts.push(text.slice(start, end))
    start = end
  }
  return parts
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
