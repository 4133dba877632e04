/** TG-7xx: what readers saw, and events. A label that is badly printed is not the device's fault: only what a device adds or leaves out is. Pure. */
import type { EpcisEvent } from '@tracegate/model/epcis/event'
import { readDigitalLink } from '@tracegate/model/gs1/digital-link'
import { readEpcHex } from '@tracegate/model/gs1/epc-binary'
import { readScan } from '@tracegate/model/gs1/scan-data'
import type { Scan } from '@tracegate/model/scan'
import type { Publish, View } from '../view.ts'
import { type Fault, faultOf, judged, nameOf, type Rule } from './finding.ts'
import { memberFaults } from './messages.ts'

const noScans = 'no scan came: needs --scan-command or a label in front of the reader'
const noEvents = 'no event came: needs --scan-command'

interface ScanSeen {
  readonly message: Publish
  readonly scan: Scan
}

function scansIn(view: View): ScanSeen[] {
  return view.publishes.flatMap((message) =>
    message.message?.type === 'scan' ? message.message.value.scans.map((scan) => ({ message, scan })) : []
  )
}

function eventsIn(view: View): { readonly message: Publish; readonly event: EpcisEvent }[] {
  return view.publishes.flatMap((message) =>
    message.message?.type === 'event' ? message.message.events.map((event) => ({ message, event })) : []
  )
}

/** Symbols that carry element strings (ISO/IEC 15424). */
const gs1Symbologies: readonly string[] = [']C1', ']e0', ']e1', ']e2', ']d2', ']Q3', ']J1']
const writtenFnc1 = /<GS>|\{GS\}|\[GS\]|<FNC1>|\{FNC1\}|\\u001d|\\x1d|\^\]|%1D/i

function dataFault({ symbology, data }: Scan): Pick<Fault, 'seen' | 'expected'> | undefined {
  const shown = JSON.stringify(data.slice(0, 60))
  if (symbology === 'epc') return undefined
  if (/^\][A-Za-z][0-9A-Za-z]/.test(data))
    return { seen: `data ${shown} begins with a symbology identifier`, expected: 'it in `symbology` alone' }
  if (!gs1Symbologies.includes(symbology)) return undefined
  if (/^\(\d{2,4}\)/.test(data))
    return { seen: `data ${shown} with brackets around the identifiers`, expected: 'data as read, without brackets' }
  if (writtenFnc1.test(data)) return { seen: `data ${shown} with FNC1 written out`, expected: 'FNC1 as U+001D' }
  return undefined
}

const asRead: Rule = (view) => {
  const scans = scansIn(view)
  const faults = scans.flatMap(({ message, scan }): Fault[] => {
    const wrong = dataFault(scan)
    return wrong === undefined ? [] : [faultOf(message, { ...wrong, seen: `${nameOf(message)}: ${wrong.seen}` })]
  })
  return judged([...memberFaults(view, 'TG-701'), ...faults], { at: scans.length, what: 'scans', without: noScans })
}

/** Hexadecimal digits of the CRC word and of the protocol control word in front of an EPC (GS1 EPC TDS §9). */
const wordsInFront = [4, 8] as const

const tags: Rule = (view) => {
  const scans = scansIn(view).filter(({ scan }) => scan.symbology === 'epc')
  const faults = scans.flatMap(({ message, scan }): Fault[] => {
    const { data } = scan
    const expected = 'the EPC memory from its header on, as an even number of hexadecimal digits'
    if (!/^(?:[0-9A-Fa-f]{2})+$/.test(data)) return [faultOf(message, { seen: `data "${data.slice(0, 60)}"`, expected })]
    if (readEpcHex(data).ok || !wordsInFront.some((digits) => readEpcHex(data.slice(digits)).ok)) return []
    return [faultOf(message, { seen: `data "${data.slice(0, 60)}" with the words in front of the EPC`, expected })]
  })
  return judged(faults, { at: scans.length, what: 'tags', without: 'no scan of a tag came: needs --scan-command' })
}

const events: Rule = (view) => {
  const faults = memberFaults(view, 'TG-703')
  const at = view.publishes.filter(({ channel }) => channel === 'event').length
  return judged(faults, { at, what: 'events', without: noEvents })
}

/** The keys that an event names, as Digital Links: EPC URNs carry no check digit. */
function linksOf(event: EpcisEvent): string[] {
  const found: string[] = []
  const walk = (value: unknown, depth: number): void => {
    if (depth > 6 || found.length > 1_000) return
    if (typeof value === 'string') {
      if (/^https?:\/\/[^/]+\/(?:.*\/)?(?:00|01|253|255|402|414|417|8003|8006|8017|8018)\/\d/.test(value)) found.push(value)
    } else if (Array.isArray(value)) for (const one of value) walk(one, depth + 1)
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) walk(one, depth + 1)
  }
  walk(event, 0)
  return found
}

const wrongDigit = 'INCORRECT_CHECK_DIGIT'
const isWrongDigit = (code: string) => code.endsWith(wrongDigit)

const checkDigits: Rule = (view) => {
  const faults: Fault[] = []
  const expected = 'a right check digit'
  const scans = scansIn(view)
  for (const { message, scan } of scans) {
    const read = readScan(scan.symbology, scan.data)
    if (!read.ok && isWrongDigit(read.reason.code))
      faults.push(faultOf(message, { seen: `${nameOf(message)}: ${read.reason.message}`, expected }))
  }
  const found = eventsIn(view)
  for (const { message, event } of found)
    for (const link of linksOf(event)) {
      const read = readDigitalLink(link)
      if (!read.ok && isWrongDigit(read.reason.code)) faults.push(faultOf(message, { seen: `${nameOf(message)}: ${link}`, expected }))
    }
  return judged(faults, { at: scans.length + found.length, what: 'scans and events', without: noScans })
}

export const scanRules: Readonly<Record<string, Rule>> = {
  'TG-701': asRead,
  'TG-702': tags,
  'TG-703': events,
  'TG-704': checkDigits
}
