/**
 * A captured event in the syntax that a client asks for (EPCIS 2.0 §12.7: `GS1-EPC-Format`, `GS1-CBV-XML-Format`). What the event says is
 * never changed: an identifier that has no other form, or whose company prefix is not known, stays as it was captured.
 */
import type { CompanyPrefixes } from '../gs1/company-prefix.ts'
import { canonicalKey, urnOf } from '../gs1/key.ts'
import { bareTerm, webTerm, urnTerm, type VocabularyName } from './vocabulary.ts'

export const epcFormats = ['No_Preference', 'Always_GS1_Digital_Link', 'Always_EPC_URN', 'Never_Translates'] as const
export type EpcFormat = (typeof epcFormats)[number]

export const cbvFormats = ['No_Preference', 'Always_Web_URI', 'Always_URN', 'Never_Translates'] as const
export type CbvFormat = (typeof cbvFormats)[number]

export interface FormatOptions {
  /** `No_Preference` and `Never_Translates` leave identifiers as they were captured. */
  readonly epc: EpcFormat
  /**
   * `Never_Translates` leaves the words of the CBV as they were captured. `No_Preference` does too, but writes a word in its URN form,
   * which the JSON Schema of EPCIS 2.0 refuses, as the bare word: it is the one for JSON.
   */
  readonly cbv: CbvFormat
  readonly prefixes: CompanyPrefixes
}

/** The event with its identifiers and words in the asked form; what is no event comes back as it is. The argument is not changed. */
export function formatEvent(event: unknown, options: FormatOptions): unknown {
  if (!isObject(event)) return event
  const epc = identifierWriter(options)
  const word = wordWriter(options.cbv)
  const out: Record<string, unknown> = { ...event }
  for (const [name, value] of Object.entries(event)) {
    const write = memberWriters.get(name)
    if (write !== undefined) out[name] = write(value, { epc, word })
  }
  return out
}

/** Words only: most events name a business transaction by a URN of the CBV, and nothing is to be done for that. */
const hasUrnWord = /urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):/i

/** The same for an event as it is stored, JSON text; text in which there is nothing to do is not even parsed. */
export function formatEventText(json: string, options: FormatOptions): string {
  const hasWords = options.cbv === 'No_Preference' ? hasUrnWord.test(json) : options.cbv !== 'Never_Translates'
  const hasEpcs =
    options.epc === 'Always_GS1_Digital_Link' ? json.includes('urn:epc:') : options.epc === 'Always_EPC_URN' && json.includes('http')
  if (!hasWords && !hasEpcs) return json
  const event: unknown = JSON.parse(json)
  return JSON.stringify(formatEvent(event, options))
}

interface Writers {
  readonly epc: (text: string) => string
  readonly word: (vocabulary: VocabularyName, text: string) => string
}

type Write = (value: unknown, writers: Writers) => unknown

const epc: Write = (value, writers) => (typeof value === 'string' ? writers.epc(value) : value)
const epcs: Write = (value, writers) => (Array.isArray(value) ? value.map((item: unknown) => epc(item, writers)) : value)
const word =
  (vocabulary: VocabularyName): Write =>
  (value, writers) => {
    if (Array.isArray(value)) return value.map((item: unknown) => (typeof item === 'string' ? writers.word(vocabulary, item) : item))
    return typeof value === 'string' ? writers.word(vocabulary, value) : value
  }
/** An object, some of whose members are written anew. */
const inside =
  (members: Readonly<Record<string, Write>>): Write =>
  (value, writers) => {
    if (!isObject(value)) return value
    const out: Record<string, unknown> = { ...value }
    for (const [name, write] of Object.entries(members)) if (Object.hasOwn(value, name)) out[name] = write(value[name], writers)
    return out
  }
const each =
  (write: Write): Write =>
  (value, writers) =>
    Array.isArray(value) ? value.map((item: unknown) => write(item, writers)) : write(value, writers)

const quantities = each(inside({ epcClass: epc }))
const place = inside({ id: epc })
/** Links to records and methods (`rawData`, `bizRules` …) are there to be fetched and stay as they are. */
const device = inside({ deviceID: epc })

const memberWriters: ReadonlyMap<string, Write> = new Map(
  Object.entries({
    epcList: epcs,
    childEPCs: epcs,
    inputEPCList: epcs,
    outputEPCList: epcs,
    parentID: epc,
    transformationID: epc,
    quantityList: quantities,
    childQuantityList: quantities,
    inputQuantityList: quantities,
    outputQuantityList: quantities,
    readPoint: place,
    bizLocation: place,
    bizTransactionList: each(inside({ type: word('bizTransactionType'), bizTransaction: epc })),
    sourceList: each(inside({ type: word('sourceDestinationType'), source: epc })),
    destinationList: each(inside({ type: word('sourceDestinationType'), destination: epc })),
    bizStep: word('bizStep'),
    disposition: word('disposition'),
    persistentDisposition: inside({ set: word('disposition'), unset: word('disposition') }),
    errorDeclaration: inside({ reason: word('errorReason') }),
    sensorElementList: each(inside({ sensorMetadata: device, sensorReport: each(inside({ deviceID: epc, component: word('component') })) }))
  })
)

function identifierWriter({ epc: format, prefixes }: FormatOptions): (text: string) => string {
  switch (format) {
    case 'Always_GS1_Digital_Link':
      return (text) => (/^urn:epc:/i.test(text) ? (canonicalKey(text) ?? text) : text)
    case 'Always_EPC_URN':
      return (text) => {
        if (!/^https?:/i.test(text)) return text
        const key = canonicalKey(text)
        const length = key === undefined ? undefined : prefixes.lengthOf(key)
        return key === undefined || length === undefined ? text : (urnOf(key, length) ?? text)
      }
    case 'No_Preference':
    case 'Never_Translates':
      return (text) => text
    default:
      return format
  }
}

function wordWriter(format: CbvFormat): (vocabulary: VocabularyName, text: string) => string {
  switch (format) {
    case 'Always_Web_URI':
      return webTerm
    case 'Always_URN':
      return urnTerm
    case 'No_Preference':
      return (vocabulary, text) => (text.startsWith('urn:epcglobal:cbv:') ? bareTerm(vocabulary, text) : text)
    case 'Never_Translates':
      return (_vocabulary, text) => text
    default:
      return format
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
