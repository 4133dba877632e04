/** What a value in a CAP message must look like: the patterns of the schema and the rules that stand in the prose of CAP 1.2 §3.2. Pure. */

/** What is wrong with the text, or undefined. */
export type TextRule = (text: string) => string | undefined

const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)[+-](\d\d):(\d\d)$/

/** The pattern of the schema, and a day and an hour that there are. */
export const timeRule: TextRule = (text) => {
  const match = dateTime.exec(text)
  if (match === null) return 'expected YYYY-MM-DDThh:mm:ss and a numeric offset, not Z'
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0] = match.slice(1).map(Number)
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const isReal = month >= 1 && month <= 12 && day >= 1 && day <= lastDay && hour < 24 && minute < 60 && second < 60
  return isReal && offsetHour <= 14 && offsetMinute < 60 ? undefined : 'expected a date and time that exist'
}

/** §3.2.1 of identifier and sender: no spaces, commas or restricted characters (< and &). */
export const tokenRule: TextRule = (text) => {
  if (text === '') return 'expected a text that is not empty'
  return /[\s,<&]/.test(text) ? 'expected no space, comma, < or &' : undefined
}

export const filledRule: TextRule = (text) => (text === '' ? 'expected a text that is not empty' : undefined)

export function oneOf(names: readonly string[]): TextRule {
  return (text) => (names.includes(text) ? undefined : `expected one of ${names.join(', ')}`)
}

/** RFC 3066, as xs:language has it. */
export const languageRule: TextRule = (text) => (/^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(text) ? undefined : 'expected a language tag')

export const integerRule: TextRule = (text) => (/^[+]?\d{1,18}$/.test(text) ? undefined : 'expected a number of bytes')

export const decimalRule: TextRule = (text) => (/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? undefined : 'expected a decimal number')

export const mimeTypeRule: TextRule = (text) => (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+/.test(text) ? undefined : 'expected a media type')

export const addressesRule: TextRule = (text) =>
  (text.match(/"/g) ?? []).length % 2 === 0 ? undefined : 'expected quotes around what holds spaces, in pairs'

/** Pieces between white space; a piece with spaces stands in double quotes. */
export function splitQuoted(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '')
}

export function joinQuoted(parts: readonly string[]): string {
  return parts.map((part) => (/\s/.test(part) ? `"${part}"` : part)).join(' ')
}

export const referencesRule: TextRule = (text) => {
  if (text === '') return 'expected at least one sender,identifier,sent'
  for (const one of text.split(/\s+/)) {
    const parts = one.split(',')
    const [sender = '', identifier = '', sent = ''] = parts
    if (parts.length !== 3) return `"${one.slice(0, 64)}" has ${parts.length} parts, expected sender,identifier,sent`
    const fault = tokenRule(sender) ?? tokenRule(identifier) ?? timeRule(sent)
    if (fault !== undefined) return `"${one.slice(0, 128)}": ${fault}`
  }
  return undefined
}

function pointOf(text: string): readonly [number, number] | undefined {
  const match = /^([+-]?\d{1,3}(?:\.\d*)?),([+-]?\d{1,3}(?:\.\d*)?)$/.exec(text)
  if (match === null) return undefined
  const [latitude, longitude] = [Number(match[1]), Number(match[2])]
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : undefined
}

/** §3.2.4: at least four pairs, the last the same as the first. */
export const polygonRule: TextRule = (text) => {
  const points = text.split(/\s+/).map(pointOf)
  if (points.some((point) => point === undefined)) return 'expected pairs latitude,longitude in WGS 84 with white space between'
  if (points.length < 4) return `has ${points.length} pairs, expected at least 4`
  const [first, last] = [points[0], points.at(-1)]
  return first?.[0] === last?.[0] && first?.[1] === last?.[1] ? undefined : 'ends elsewhere than it begins, expected the same pair'
}

export const circleRule: TextRule = (text) => {
  const [point = '', radius = '', ...rest] = text.split(/\s+/)
  const isCircle = rest.length === 0 && pointOf(point) !== undefined && /^\d+(\.\d*)?$/.test(radius)
  return isCircle ? undefined : 'expected latitude,longitude and a radius in kilometres'
}

export const absoluteRule: TextRule = (text) => (URL.canParse(text) ? undefined : 'expected a full, absolute address')
