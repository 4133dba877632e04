/** Application identifiers by name: format, pairings and Digital Link role, read once from `ai-data.ts`; and the check of one value. */
import { aiData } from './ai-data.ts'
import { contentRules, type ContentError } from './ai-content.ts'

type CharacterSet = 'N' | 'X' | 'Y' | 'Z'

interface Component {
  readonly set: CharacterSet
  readonly min: number
  readonly max: number
  readonly optional: boolean
  readonly rules: readonly string[]
}

export interface Ai {
  readonly ai: string
  /** Of predefined length: needs no FNC1 behind it. */
  readonly fixed: boolean
  /** May stand in the query of a Digital Link. */
  readonly attribute: boolean
  readonly components: readonly Component[]
  readonly lengthMin: number
  readonly lengthMax: number
  /** Each entry must hold: one of its groups is there whole. */
  readonly required: readonly (readonly (readonly string[])[])[]
  /** Patterns of AIs that must not be beside it; `n` stands for any digit. */
  readonly excluded: readonly string[]
  /** Digital Link primary key: alternative rows of qualifiers, in path order. Undefined for what is no key. */
  readonly qualifiers?: readonly (readonly string[])[]
}

const table: ReadonlyMap<string, Ai> = readTable(aiData)

/** The facts of an AI; undefined when it is not allocated. */
export function findAi(ai: string): Ai | undefined {
  return table.get(ai)
}

/** The AI that an unbracketed element string opens with at `offset`. No AI is the beginning of another. */
export function aiAt(text: string, offset: number): Ai | undefined {
  return table.get(text.slice(offset, offset + 2)) ?? table.get(text.slice(offset, offset + 3)) ?? table.get(text.slice(offset, offset + 4))
}

/** Whether an AI fits a pattern such as `310n`. */
export function fitsPattern(ai: string, pattern: string): boolean {
  if (ai.length !== pattern.length) return false
  for (let index = 0; index < ai.length; index += 1) {
    if (pattern[index] !== 'n' && pattern[index] !== ai[index]) return false
  }
  return true
}

export interface ValueOptions {
  /** Takes a piece number above its total in (8006) and (8026): it is wrong, and still names one thing. */
  readonly anyPiece?: boolean
}

/** Checks length, characters and content of a value; undefined when it is right. */
export function checkAiValue(ai: Ai, value: string, options: ValueOptions = {}): ContentError | undefined {
  if (value === '') return 'EMPTY_VALUE'
  let offset = 0
  for (const component of ai.components) {
    const rest = value.length - offset
    if (rest === 0 && component.optional) break
    const length = Math.min(rest, component.max)
    if (length < component.min) return 'INCORRECT_LENGTH'
    const part = value.slice(offset, offset + length)
    const wrong = checkCharacters(component.set, part) ?? checkRules(component, part, options)
    if (wrong !== undefined) return wrong
    offset += length
  }
  return offset === value.length ? undefined : 'INCORRECT_LENGTH'
}

function checkRules(component: Component, part: string, options: ValueOptions): ContentError | undefined {
  for (const rule of component.rules) {
    if (rule === 'pieceoftotal' && options.anyPiece === true) continue
    const wrong = contentRules[rule]?.(part)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkCharacters(set: CharacterSet, text: string): ContentError | undefined {
  switch (set) {
    case 'N':
      return /^\d*$/.test(text) ? undefined : 'NON_DIGIT_CHARACTER'
    case 'X':
      return /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*$/.test(text) ? undefined : 'INVALID_CSET82_CHARACTER'
    case 'Y':
      return /^[#\-/0-9A-Z]*$/.test(text) ? undefined : 'INVALID_CSET39_CHARACTER'
    case 'Z':
      return checkBase64(text)
    default:
      return set
  }
}

function checkBase64(text: string): ContentError | undefined {
  const pads = /=*$/.exec(text)?.[0].length ?? 0
  if (pads > 2 || (pads > 0 && text.length % 3 !== 0)) return 'INVALID_CSET64_PADDING'
  return /^[\w-]*$/.test(text.slice(0, text.length - pads)) ? undefined : 'INVALID_CSET64_CHARACTER'
}

function readTable(data: string): Map<string, Ai> {
  const found = new Map<string, Ai>()
  for (const line of data.trim().split('\n')) {
    const [range = '', flags = '', format = '', attributes = ''] = line.split('|', 4)
    const rest = line.slice(range.length + flags.length + format.length + 3)
    const components = readComponents(format)
    const [first = '', last = first] = range.split('-')
    for (let number = Number(first); number <= Number(last); number += 1) {
      const ai = String(number).padStart(first.length, '0')
      found.set(ai, readEntry({ ai, flags, components, attributes: rest === '' ? attributes : rest }))
    }
  }
  return found
}

function readEntry(row: { ai: string; flags: string; components: readonly Component[]; attributes: string }): Ai {
  const { components } = row
  const attributes = row.attributes.split(' ').filter((attribute) => attribute !== '')
  const valuesOf = (name: string) => attributes.filter((text) => text.startsWith(`${name}=`)).map((text) => text.slice(name.length + 1))
  const keys = valuesOf('dlpkey')
  const isKey = keys.length > 0 || attributes.includes('dlpkey')
  const qualifiers = keys.flatMap((key) => key.split('|').map((row) => row.split(',')))
  return {
    ai: row.ai,
    fixed: row.flags.includes('*'),
    attribute: row.flags.includes('?'),
    components,
    lengthMin: components.reduce((sum, component) => sum + (component.optional ? 0 : component.min), 0),
    lengthMax: components.reduce((sum, component) => sum + component.max, 0),
    required: valuesOf('req').map((text) => text.split(',').map((group) => group.split('+'))),
    excluded: valuesOf('ex').flatMap((text) => text.split(',')),
    ...(isKey ? { qualifiers } : {})
  }
}

function readComponents(format: string): Component[] {
  return format.split(' ').map((text) => {
    const match = /^(\[?)([NXYZ])(\.\.)?(\d+)\]?(?:,(.*))?$/.exec(text)
    const [, bracket, set, dots, length, rules] = match ?? []
    if (set !== 'N' && set !== 'X' && set !== 'Y' && set !== 'Z') throw new TypeError(`Cannot read AI format: component is "${text}"`)
    const max = Number(length)
    return { set, min: dots === undefined ? max : 1, max, optional: bracket === '[', rules: rules === undefined ? [] : rules.split(',') }
  })
}
