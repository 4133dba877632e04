/** Enforcement reports of the Food and Drug Administration of the United States: the parts as JSON, or the text they came from. */
import { Type, type Static } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { intakeError } from '../errors.ts'
import { line, paragraphs, textOf, type Imported } from './imported.ts'

const Enforcement = Type.Object({
  'product-description': Type.String({ minLength: 1 }),
  'code-info': Type.Optional(Type.String()),
  'recalling-firm': Type.Optional(Type.String()),
  'reason-for-recall': Type.Optional(Type.String()),
  'product-quantity': Type.Optional(Type.String()),
  'distribution-pattern': Type.Optional(Type.String())
})
type Parts = Static<typeof Enforcement>
const enforcements = compileValidator(Type.Union([Enforcement, Type.Array(Enforcement)]))

export function readOpenFdaJson(bytes: Uint8Array): Imported[] {
  const decoded = decodeJson(bytes)
  const read = decoded.ok ? enforcements.check(decoded.value) : decoded
  if (!read.ok) throw intakeError('REPORT_FORMAT', { format: 'openFdaJson', detail: `${read.reason.pointer} ${read.reason.message}` })
  const list = Array.isArray(read.value) ? read.value : [read.value]
  return list.map((parts) => reportOf(parts, { mediaType: 'application/json', text: JSON.stringify(parts) }))
}

/** The words that head the parts of the weekly report, in the order in which they stand. */
const heads = [
  ['PRODUCT', 'product-description'],
  ['CODE', 'code-info'],
  ['RECALLING FIRM/MANUFACTURER', 'recalling-firm'],
  ['REASON', 'reason-for-recall'],
  ['VOLUME OF PRODUCT IN COMMERCE', 'product-quantity'],
  ['DISTRIBUTION', 'distribution-pattern']
] as const

export function readOpenFdaText(bytes: Uint8Array): Imported[] {
  const text = textOf(bytes, 'openFdaText').trim()
  if (!text.startsWith('PRODUCT')) throw intakeError('REPORT_FORMAT', { format: 'openFdaText', detail: 'it does not begin with PRODUCT' })
  return text
    .split(/(?=^PRODUCT)/m)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .map((piece) => reportOf(partsOf(piece), { mediaType: 'text/plain', text: piece }))
}

function partsOf(piece: string): Parts {
  const found: Record<string, string> = {}
  let at = 0
  for (const [index, [head, name]] of heads.entries()) {
    const from = piece.indexOf(head, at)
    if (from === -1) continue
    const later = heads.slice(index + 1).map(([next]) => piece.indexOf(next, from + head.length))
    const end = later.find((position) => position !== -1) ?? piece.length
    found[name] = piece
      .slice(from + head.length, end)
      .replace(/^_+/, '')
      .trim()
    at = from + head.length
  }
  const { 'product-description': description = piece.slice(0, 256), ...rest } = found
  return { 'product-description': description, ...rest }
}

function reportOf(parts: Parts, raw: Imported['raw']): Imported {
  const description = parts['product-description']
  const number = /Recall # ?([A-Z]-\d+-\d+)/.exec(description)?.[1]
  const lot = /Lots?(?: ?#| number)s?:? *([A-Za-z0-9-]{2,20})/i.exec(parts['code-info'] ?? '')?.[1]
  const manufacturer = line(parts['recalling-firm']?.split(/,? by /, 1)[0])
  return {
    ...(number === undefined ? {} : { sourceId: `FDA ${number}` }),
    told: {
      title: line(description) ?? 'FDA',
      text: paragraphs([
        ['Product', description],
        ['Codes', parts['code-info']],
        ['Recalling firm', parts['recalling-firm']],
        ['Reason', parts['reason-for-recall']],
        ['Quantity', parts['product-quantity']],
        ['Distribution', parts['distribution-pattern']]
      ]),
      goods: {
        name: line(description.split('.', 1)[0]) ?? 'unnamed',
        ...(manufacturer === undefined ? {} : { manufacturer }),
        ...(lot === undefined ? {} : { lot })
      },
      country: 'US'
    },
    raw
  }
}
