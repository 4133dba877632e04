/**
 * Turns the patterns of the schemas into steps that C matches without a regular expression library: alternatives of sets of ASCII
 * characters with a count each. Everything that needs to look back is refused.
 */

interface Step {
  readonly set: number
  readonly min: number
  readonly max: number
}

export interface Patterns {
  /** How a pattern is matched, its first alternative (or word) and how many it has. */
  readonly patterns: readonly { readonly source: string; readonly kind: string; readonly first: number; readonly count: number }[]
  readonly alternatives: readonly { readonly first: number; readonly count: number }[]
  readonly steps: readonly Step[]
  /** 128 bits each, as 16 bytes, lowest code first. */
  readonly sets: readonly (readonly number[])[]
}

/** Patterns that look back or beyond ASCII, which C matches by a function of its own each (`firmware-specs/c/src/format.c`). */
const ownFunctions: Readonly<Record<string, string>> = {
  '^[^\\[]*$': 'NO_BRACKET',
  '^\\d+(\\.\\d+)*$': 'VERSION',
  '^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$': 'ZONE_OFFSET',
  '^[A-Za-z][A-Za-z0-9_]*(?:[A-Za-z0-9+.-]*:\\S+)?$': 'MEASUREMENT_TYPE'
}
/** A list of words, or any URI but those of the older CBV. */
const termTail = '|(?!urn:epcglobal:cbv|https?://ns\\.gs1\\.org/cbv/)[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>"{}|\\\\^`]+)$'

export function createPatterns(addWords: (words: readonly string[]) => number): Patterns & { add(source: string): number } {
  const patterns: { source: string; kind: string; first: number; count: number }[] = []
  const alternatives: { first: number; count: number }[] = []
  const steps: Step[] = []
  const sets: number[][] = []

  const addSet = (codes: ReadonlySet<number>): number => {
    const bits = Array.from({ length: 16 }, (_, byte) =>
      Array.from({ length: 8 }, (__, bit) => (codes.has(byte * 8 + bit) ? 1 << bit : 0)).reduce((sum, bit) => sum + bit, 0)
    )
    const known = sets.findIndex((set) => set.join() === bits.join())
    return known >= 0 ? known : sets.push(bits) - 1
  }

  return {
    patterns,
    alternatives,
    steps,
    sets,
    add(source) {
      const known = patterns.findIndex((pattern) => pattern.source === source)
      if (known >= 0) return known
      const own = ownFunctions[source]
      if (own !== undefined) return patterns.push({ source, kind: own, first: 0, count: 0 }) - 1
      if (source.startsWith('^(?:') && source.endsWith(termTail)) {
        const words = source.slice(4, -termTail.length).split('|')
        return patterns.push({ source, kind: 'TERM', first: addWords(words), count: words.length }) - 1
      }
      const forms = alternativesOf(source)
      const first = alternatives.length
      for (const form of forms) {
        const found = readSteps(form, source).map(({ codes, min, max }) => ({ set: addSet(codes), min, max }))
        if (found.slice(0, -1).some(({ min, max }) => min !== max)) throw refuse(source, 'a count that is open before its end')
        alternatives.push({ first: steps.push(...found) - found.length, count: found.length })
      }
      return patterns.push({ source, kind: 'STEPS', first, count: forms.length }) - 1
    }
  }
}

function alternativesOf(source: string): readonly string[] {
  if (!source.startsWith('^') || !source.endsWith('$')) throw refuse(source, 'no anchors')
  const inside = source.slice(1, -1)
  const group = /^\(([^()]*)\)$/.exec(inside)?.[1]
  return group === undefined ? [inside] : group.split('|')
}

function readSteps(form: string, source: string): { codes: ReadonlySet<number>; min: number; max: number }[] {
  const found = []
  let rest = form
  while (rest !== '') {
    const match = /^(\[(?:\\.|[^\]\\])+\]|\\.|[^\\[\](){}|*+?.^$])(?:\{(\d+)(?:,(\d+))?\}|\+)?/.exec(rest)
    if (match === null) throw refuse(source, `"${rest}"`)
    const [whole, atom = '', min = '1', max = whole.endsWith('+') && atom !== '+' ? '65534' : min] = match
    found.push({ codes: codesOf(atom, source), min: Number(min), max: Number(max) })
    rest = rest.slice(whole.length)
  }
  return found
}

function codesOf(atom: string, source: string): ReadonlySet<number> {
  const inside = atom.startsWith('[') ? atom.slice(1, -1) : atom
  if (atom.startsWith('[^')) throw refuse(source, 'a negated set')
  const codes: (number | '-')[] = []
  for (const [token] of inside.matchAll(/\\x[0-9a-f]{2}|\\.|./gi)) codes.push(token === '-' ? '-' : codeOf(token, source))
  const set = new Set<number>()
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index]
    const [dash, last] = [codes[index + 1], codes[index + 2]]
    if (typeof code === 'number' && dash === '-' && typeof last === 'number') {
      for (let each = code; each <= last; each += 1) set.add(each)
      index += 2
    } else set.add(code === '-' || code === undefined ? 0x2d : code)
  }
  return set
}

function codeOf(token: string, source: string): number {
  if (/^\\x/i.test(token)) return Number.parseInt(token.slice(2), 16)
  if (/^\\[A-Za-z0-9]/.test(token)) throw refuse(source, `"${token}"`)
  const code = token.charCodeAt(token.length - 1)
  if (code > 127) throw refuse(source, 'a character beyond ASCII')
  return code
}

function refuse(source: string, found: string): TypeError {
  return new TypeError(
    `Cannot generate C: pattern ${source} has ${found}, expected sets of ASCII characters with counts, the last one open`
  )
}
