/**
 * The JSON of an event as a shape and what fills it: whatever the fact says already (its id, times, keys, quantities) is cut out and marked, and
 * the rest is a text that many events share. Marks are control characters, which stand in no JSON text as they are (RFC 8259 §7).
 */
import type { TraceFact } from '@tracegate/model/trace-event'
import { timeFormOf, timeText } from './json-times.ts'
import { stemEnd } from './key-run.ts'

const mark = {
  eventID: '\u0001',
  time: '\u0002',
  keys: '\u0003',
  tails: '\u0004',
  tailsEnd: '\u0005',
  quantity: '\u0006',
  readPoint: '\u0007',
  bizLocation: '\u0008',
  bizTransaction: '\u000e',
  source: '\u000f',
  destination: '\u0010',
  transformationID: '\u0011'
} as const

/** A shape, and where its stretches of keys begin and how long they are. */
export interface ShapedJson {
  readonly shape: string
  readonly counts: readonly number[]
}

// eslint-disable-next-line no-control-regex -- these are the marks.
const marks = /[\u0000-\u001f]/

/** Undefined when the text holds control characters or what comes back is not the same. */
export function shapeOf(json: string, fact: TraceFact): ShapedJson | undefined {
  if (marks.test(json)) return undefined
  const shaped = createShaper(json, fact).run()
  return fillShape(shaped.shape, shaped.counts, fact) === json ? shaped : undefined
}

interface Shaper {
  run(): ShapedJson
}

/** Goes from string to string; `next` is the subject that is expected, as lists keep their order. */
function createShaper(json: string, fact: TraceFact): Shaper {
  const counts: number[] = []
  const { subjects } = fact
  const once = createOnce(fact)
  let shape = ''
  let copied = 0
  let next = 0
  let places: Map<string, number> | undefined

  const cut = (from: number, to: number, marked: string): void => {
    shape += json.slice(copied, from) + marked
    copied = to
  }
  const placeOf = (text: string): number => {
    places ??= new Map(subjects.map(({ key }, at) => [key, at]))
    return places.get(text) ?? -1
  }
  /** The subject whose key, or the end of it, the string is; -1 for none. */
  const subjectAt = (from: number, to: number): number => {
    if (endsWithSubject(json, from, to, subjects[next]?.key)) return next
    // Only what begins as keys here do is looked up.
    if (to - from < 12 || json.charCodeAt(from) !== subjects[0]?.key.charCodeAt(0)) return -1
    return placeOf(json.slice(from, to))
  }
  const takeSubjects = (first: number, from: number, to: number): number => {
    const key = subjects[first]?.key ?? ''
    const whole = to - from === key.length && json.startsWith(key, from)
    const prefix = whole ? '' : json.slice(from, to - (key.length - stemEnd(key)))
    let at = first + 1
    let end = to
    for (; json.startsWith('","', end); at += 1) {
      const more = subjects[at]?.key
      if (more === undefined) break
      const text = whole ? more : prefix + more.slice(stemEnd(more))
      if (!json.startsWith(text, end + 3) || json.charCodeAt(end + 3 + text.length) !== quote) break
      end += 3 + text.length
    }
    counts.push(first - next, at - first)
    cut(from, end, whole ? mark.keys : mark.tails + prefix + mark.tailsEnd)
    next = at
    takeQuantity(end, subjects[at - 1]?.quantity)
    return end
  }
  const takeQuantity = (end: number, quantity: number | undefined): void => {
    if (quantity === undefined) return
    const label = '","quantity":'
    const text = String(quantity)
    const from = end + label.length
    if (!json.startsWith(label + text, end) || !/[,}]/.test(json.charAt(from + text.length))) return
    cut(from, from + text.length, mark.quantity)
  }
  return {
    run() {
      for (let open = json.indexOf('"'); open >= 0;) {
        const from = open + 1
        let to = closingQuote(json, from)
        if (json.charCodeAt(to + 1) !== colon && to > from) {
          const marked = once(json, from, to)
          const first = marked === undefined ? subjectAt(from, to) : -1
          if (marked !== undefined) cut(from, to, marked)
          else if (first >= 0) to = takeSubjects(first, from, to)
        }
        open = json.indexOf('"', to + 1)
      }
      return { shape: shape + json.slice(copied), counts }
    }
  }
}

const quote = 34
const colon = 58
const backslash = 92

function closingQuote(json: string, from: number): number {
  let to = json.indexOf('"', from)
  for (;;) {
    let slashes = 0
    while (json.charCodeAt(to - 1 - slashes) === backslash) slashes += 1
    if (slashes % 2 === 0) return to < 0 ? json.length : to
    to = json.indexOf('"', to + 1)
    if (to < 0) return json.length
  }
}

function endsWithSubject(json: string, from: number, to: number, key: string | undefined): boolean {
  if (key === undefined) return false
  if (to - from === key.length && json.startsWith(key, from)) return true
  // The last character first: most strings are no key.
  if (json.charCodeAt(to - 1) !== key.charCodeAt(key.length - 1)) return false
  const start = stemEnd(key)
  const length = key.length - start
  return length > 0 && to - from > length + 4 && json.startsWith(key.slice(start), to - length) && !isDigit(json, to - length - 1)
}

function isDigit(json: string, at: number): boolean {
  const unit = json.charCodeAt(at)
  return unit >= 48 && unit <= 57
}

/** Marks for the strings that stand once: the id, the times, the places, and the next of each list of parties. */
function createOnce(fact: TraceFact): (json: string, from: number, to: number) => string | undefined {
  const nexts = { bizTransaction: 0, source: 0, destination: 0 }
  const is = (json: string, from: number, to: number, text: string | undefined): boolean =>
    text !== undefined && to - from === text.length && json.startsWith(text, from)
  const partyMark = (json: string, from: number, to: number): string | undefined => {
    if (is(json, from, to, fact.bizTransactions[nexts.bizTransaction]?.id)) {
      nexts.bizTransaction += 1
      return mark.bizTransaction
    }
    if (is(json, from, to, fact.sources[nexts.source]?.key)) {
      nexts.source += 1
      return mark.source
    }
    if (!is(json, from, to, fact.destinations[nexts.destination]?.key)) return undefined
    nexts.destination += 1
    return mark.destination
  }
  return (json, from, to) => {
    const length = to - from
    if (length < 12) return undefined
    if (isDigit(json, from)) {
      const form = length < 20 || length > 29 ? undefined : timeFormOf(json.slice(from, to), fact)
      return form === undefined ? undefined : mark.time + form
    }
    if (is(json, from, to, fact.eventID)) return mark.eventID
    if (is(json, from, to, fact.readPoint)) return mark.readPoint
    if (is(json, from, to, fact.bizLocation)) return mark.bizLocation
    if (is(json, from, to, fact.transformationID)) return mark.transformationID
    return partyMark(json, from, to)
  }
}

/** The JSON again. Throws a `RangeError` when shape, counts and fact do not belong together. */
export function fillShape(shape: string, counts: readonly number[], fact: TraceFact): string {
  const nexts = { count: 0, subject: 0, bizTransaction: 0, source: 0, destination: 0 }
  let json = ''
  for (const part of partsOf(shape)) json += fillMark(part, counts, fact, nexts)
  return json
}

interface ShapePart {
  readonly mark: string | undefined
  /** Text as it is; of a time its form, of tails what stands before each. */
  readonly text: string
}

interface Nexts {
  count: number
  subject: number
  bizTransaction: number
  source: number
  destination: number
}

function fillMark(part: ShapePart, counts: readonly number[], fact: TraceFact, nexts: Nexts): string {
  switch (part.mark) {
    case undefined:
      return part.text
    case mark.eventID:
      return fact.eventID
    case mark.time:
      return present(timeText(part.text, fact))
    case mark.keys:
    case mark.tails:
      return fillKeys(part, counts, fact, nexts)
    case mark.quantity:
      return String(fact.subjects[nexts.subject - 1]?.quantity)
    case mark.readPoint:
      return present(fact.readPoint)
    case mark.bizLocation:
      return present(fact.bizLocation)
    case mark.transformationID:
      return present(fact.transformationID)
    case mark.bizTransaction:
      return present(fact.bizTransactions[nexts.bizTransaction++]?.id)
    case mark.source:
      return present(fact.sources[nexts.source++]?.key)
    case mark.destination:
      return present(fact.destinations[nexts.destination++]?.key)
    default:
      throw new RangeError('Cannot fill event: its shape has a mark that is none')
  }
}

function fillKeys(part: ShapePart, counts: readonly number[], fact: TraceFact, nexts: Nexts): string {
  const first = nexts.subject + (counts[nexts.count] ?? 0)
  const end = first + (counts[nexts.count + 1] ?? 0)
  nexts.count += 2
  nexts.subject = end
  let text = ''
  for (let at = first; at < end; at += 1) {
    const key = present(fact.subjects[at]?.key)
    const filled = part.mark === mark.keys ? key : part.text + key.slice(stemEnd(key))
    text += at === first ? filled : `","${filled}`
  }
  return text
}

function present(text: string | undefined): string {
  if (text === undefined) throw new RangeError('Cannot fill event: its shape names what the fact does not have')
  return text
}

const partsCachedMax = 4_096
const partsCache = new Map<string, readonly ShapePart[]>()

function partsOf(shape: string): readonly ShapePart[] {
  const cached = partsCache.get(shape)
  if (cached !== undefined) return cached
  const parts: ShapePart[] = []
  for (const text of shape.split(/([\u0001\u0003\u0006-\u0011]|\u0002[a-zA-Z]|\u0004[^\u0005]*\u0005)/)) {
    if (text === '') continue
    const first = text.charAt(0)
    if (!marks.test(first)) parts.push({ mark: undefined, text })
    else if (first === mark.tails) parts.push({ mark: first, text: text.slice(1, -1) })
    else parts.push({ mark: first, text: text.slice(1) })
  }
  if (partsCache.size >= partsCachedMax) partsCache.clear()
  partsCache.set(shape, parts)
  return parts
}
