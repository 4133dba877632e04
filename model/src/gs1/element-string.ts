/** GS1 element strings, bracketed `(01)…(10)…` and with FNC1, read and written; and which identifiers may stand together. */
import type { Decoded } from '../codec.ts'
import { aiAt, checkAiValue, findAi, fitsPattern, type Ai, type ValueOptions } from './ai.ts'

/** An application identifier and its value. */
export type AiValue = [ai: string, value: string]

/** FNC1 as transmitted. */
export const groupSeparator = '\u001d'
/** Most identifiers of one element string. */
export const aisMax = 64

export interface ElementStringOptions extends ValueOptions {
  /** Takes identifiers that are not allocated, as of variable length. */
  readonly unknownAIs?: boolean
  /** Refuses data that does not open with FNC1. */
  readonly firstFnc1?: boolean
  /** Skips the check of values against their format. */
  readonly withoutValidation?: boolean
}

type Ais = Decoded<AiValue[]>

export function refuseCode<Value>(code: string, message: string): Decoded<Value> {
  return { ok: false, reason: { code: `GS1_${code}`, pointer: '', message } }
}

/** Reads `(01)09521234543213(10)ABC`; `\(` stands for a bracket inside a value. */
export function readBracketed(text: string, options: ElementStringOptions = {}): Ais {
  const ais: AiValue[] = []
  let rest = text
  while (rest !== '') {
    const head = /^\((\d{2,4})\)/.exec(rest)
    if (head === null) return refuseCode('BRACKETS', `element string is "${show(rest)}", expected "(" with an identifier of 2 to 4 digits`)
    rest = rest.slice(head[0].length)
    const end = /(?<!\\)\(/.exec(rest)?.index ?? rest.length
    const value = rest.slice(0, end).replaceAll('\\(', '(')
    rest = rest.slice(end)
    const added = addAi(ais, [head[1] ?? '', value], options)
    if (added !== undefined) return added
  }
  return ais.length === 0 ? refuseCode('EMPTY', 'element string is empty, expected an identifier') : { ok: true, value: ais }
}

/** Reads unbracketed data, FNC1 as U+001D, with or without the first one. */
export function readElementString(text: string, options: ElementStringOptions = {}): Ais {
  const ais: AiValue[] = []
  let at = text.startsWith(groupSeparator) ? 1 : 0
  if (options.firstFnc1 === true && at === 0) return refuseCode('NO_FNC1', `data is "${show(text)}", expected FNC1 in first position`)
  if (at === text.length) return refuseCode('EMPTY', 'element string is empty, expected an identifier')
  while (at < text.length) {
    const known = aiAt(text, at)
    const ai = known?.ai ?? (options.unknownAIs === true ? unknownAiAt(text, at) : undefined)
    if (ai === undefined) return refuseCode('UNKNOWN_AI', `data is "${show(text.slice(at))}", expected an application identifier`)
    const start = at + ai.length
    const separator = text.indexOf(groupSeparator, start)
    const limit = separator < 0 ? text.length : separator
    const end = known?.fixed === true ? Math.min(limit, start + known.lengthMax) : limit
    const added = addAi(ais, [ai, text.slice(start, end)], options)
    if (added !== undefined) return added
    at = text[end] === groupSeparator ? end + 1 : end
  }
  return { ok: true, value: ais }
}

function unknownAiAt(text: string, at: number): string | undefined {
  return /^\d{2}/.exec(text.slice(at))?.[0]
}

function addAi(ais: AiValue[], [ai, value]: AiValue, options: ElementStringOptions): Decoded<AiValue[]> | undefined {
  const known = findAi(ai)
  if (known === undefined && options.unknownAIs !== true)
    return refuseCode('UNKNOWN_AI', `identifier is (${ai}), expected an allocated one`)
  const wrong =
    value === ''
      ? 'EMPTY_VALUE'
      : known === undefined || options.withoutValidation === true
        ? undefined
        : checkAiValue(known, value, options)
  if (wrong !== undefined) return refuseCode(wrong, `value of (${ai}) is "${show(value)}", expected ${formatOf(known)}: ${wrong}`)
  if (ais.length >= aisMax) return refuseCode('TOO_MANY_AIS', `element string has more than ${aisMax} identifiers`)
  ais.push([ai, value])
  return undefined
}

function formatOf(ai: Ai | undefined): string {
  if (ai === undefined) return 'a value'
  const parts = ai.components.map(
    (part) => `${part.optional ? '[' : ''}${part.set}${part.min === part.max ? '' : '..'}${part.max}${part.optional ? ']' : ''}`
  )
  return parts.join('+')
}

function show(text: string): string {
  return text.length > 48 ? `${text.slice(0, 45)}…` : text
}

export interface AssociationOptions {
  /** Leaves out which identifiers need others: true for one of several codes on a label. */
  readonly withoutRequired?: boolean
  /** Identifiers that stand where they belong, as the qualifiers in a link's path: they need nothing beside them. */
  readonly placed?: readonly string[]
}

/** Checks which identifiers exclude, need or repeat each other; undefined when they may stand together. */
export function checkAssociations(
  ais: readonly AiValue[],
  options: AssociationOptions = {}
): { code: string; message: string } | undefined {
  const values = new Map<string, string>()
  for (const [ai, value] of ais) {
    const before = values.get(ai)
    if (before !== undefined && before !== value)
      return { code: 'GS1_REPEATED_AI', message: `(${ai}) is "${show(before)}" and "${show(value)}", expected one value` }
    values.set(ai, value)
  }
  const present = [...values.keys()]
  for (const ai of present) {
    const known = findAi(ai)
    if (known === undefined) continue
    const other = present.find((name) => name !== ai && known.excluded.some((pattern) => fitsPattern(name, pattern)))
    if (other !== undefined) return { code: 'GS1_EXCLUSIVE_AIS', message: `(${ai}) stands with (${other}), expected only one of them` }
    const needsNothing = options.withoutRequired === true || options.placed?.includes(ai) === true
    const missing = needsNothing ? undefined : missingFor(known, present)
    if (missing !== undefined) return { code: 'GS1_REQUIRED_AI', message: `(${ai}) stands without ${missing}, expected it beside` }
  }
  return signedWithoutSerial(values)
}

function missingFor(known: Ai, present: readonly string[]): string | undefined {
  for (const groups of known.required) {
    const met = groups.some((group) => group.every((pattern) => present.some((name) => name !== known.ai && fitsPattern(name, pattern))))
    if (!met) return groups.map((group) => group.map((ai) => `(${ai})`).join(' and ')).join(' or ')
  }
  return undefined
}

/** A digital signature (8030) is of one instance: keys with an optional serial need it (General Specifications §4.15). */
function signedWithoutSerial(values: ReadonlyMap<string, string>): { code: string; message: string } | undefined {
  if (!values.has('8030')) return undefined
  for (const [ai, classLength] of [
    ['253', 13],
    ['255', 13],
    ['8003', 14]
  ] as const) {
    if (values.get(ai)?.length === classLength)
      return { code: 'GS1_SERIAL_NEEDED', message: `(8030) signs (${ai}) without serial, expected a serialised key` }
  }
  return undefined
}

/** Writes `(01)…(10)…`. */
export function writeBracketed(ais: readonly AiValue[]): string {
  return ais.map(([ai, value]) => `(${ai})${value.replaceAll('(', '\\(')}`).join('')
}

/** Writes the data with FNC1 as U+001D behind values of variable length, but not at the end. */
export function writeElementString(ais: readonly AiValue[]): string {
  let text = ''
  let needsSeparator = false
  for (const [ai, value] of ais) {
    text += (needsSeparator ? groupSeparator : '') + ai + value
    needsSeparator = findAi(ai)?.fixed !== true
  }
  return text
}
