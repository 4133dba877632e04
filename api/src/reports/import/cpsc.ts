/** Recalls of the Consumer Product Safety Commission of the United States: the JSON of its recall API, and the XML of its older search. */
import { Type } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { parseXml, type XmlElement } from '@tracegate/model/epcis/xml/tree'
import type { ReportedGoods } from '@tracegate/model/report'
import { intakeError } from '../errors.ts'
import { given, line, paragraphs, textOf, timeOf, type Imported } from './imported.ts'

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const Named = Type.Optional(Type.Array(Type.Object({ Name: Text })))
const Recall = Type.Object({
  RecallID: Type.Integer(),
  RecallNumber: Type.String(),
  RecallDate: Text,
  Description: Text,
  URL: Text,
  Title: Text,
  ConsumerContact: Text,
  Products: Type.Optional(Type.Array(Type.Object({ Name: Text, Model: Text, Type: Text, NumberOfUnits: Text }))),
  Injuries: Named,
  Manufacturers: Named,
  Retailers: Named,
  Importers: Named,
  ManufacturerCountries: Type.Optional(Type.Array(Type.Object({ Country: Text }))),
  ProductUPCs: Type.Optional(Type.Array(Type.Object({ UPC: Text }))),
  Hazards: Named,
  Remedies: Named
})
const recallLists = compileValidator(Type.Array(Recall))

export function readCpscJson(bytes: Uint8Array): Imported[] {
  const decoded = decodeJson(bytes)
  const read = decoded.ok ? recallLists.check(decoded.value) : decoded
  if (!read.ok || !decoded.ok || !Array.isArray(decoded.value))
    throw intakeError('REPORT_FORMAT', { format: 'cpscJson', detail: read.ok ? '' : `${read.reason.pointer} ${read.reason.message}` })
  const originals: readonly unknown[] = decoded.value
  return read.value.map((recall, index) => {
    const names = (list: readonly { readonly Name?: string | null }[] | undefined) => (list ?? []).map(({ Name }) => Name ?? '').join('; ')
    const [product] = recall.Products ?? []
    const title = line(recall.Title ?? undefined)
    const webAddress = recall.URL ?? undefined
    const occurredMs = timeOf(`${recall.RecallDate ?? ''}Z`)
    const goods = given<ReportedGoods>({
      name: line(product?.Name ?? undefined),
      model: line(product?.Model ?? undefined),
      category: line(product?.Type ?? undefined),
      manufacturer: line(recall.Manufacturers?.[0]?.Name ?? undefined),
      originCountry: line(recall.ManufacturerCountries?.[0]?.Country ?? undefined),
      codes: codesOf((recall.ProductUPCs ?? []).map(({ UPC }) => UPC ?? ''))
    })
    return {
      sourceId: `CPSC ${recall.RecallNumber}`,
      told: {
        ...(title === undefined ? {} : { title }),
        text: paragraphs([
          ['Description', recall.Description ?? recall.Title ?? recall.RecallNumber],
          ['Hazards', names(recall.Hazards)],
          ['Injuries', names(recall.Injuries)],
          ['Remedies', names(recall.Remedies)],
          ['Products', (recall.Products ?? []).map((one) => `${one.Name ?? ''} ${one.NumberOfUnits ?? ''}`).join('; ')],
          ['Manufacturers', names(recall.Manufacturers)],
          ['Importers', names(recall.Importers)],
          ['Retailers', names(recall.Retailers)],
          ['Contact', recall.ConsumerContact ?? undefined]
        ]),
        goods,
        country: 'US',
        ...(occurredMs === undefined ? {} : { occurredMs }),
        ...(webAddress === undefined ? {} : { webAddress })
      },
      raw: { mediaType: 'application/json', text: JSON.stringify(originals[index]) }
    }
  })
}

function codesOf(codes: readonly string[]): string[] | undefined {
  const kept = [...new Set(codes.map((code) => code.trim()).filter((code) => code !== ''))].slice(0, 64)
  return kept.length === 0 ? undefined : kept
}

/** One row a product: the rows of one recall are one report. */
export function readCpscXml(bytes: Uint8Array): Imported[] {
  const parsed = parseXml(textOf(bytes, 'cpscXml'))
  const results = parsed.ok ? parsed.tree.root.children.find(({ name }) => name === 'results') : undefined
  if (results === undefined) {
    const detail = parsed.ok ? 'it has no results' : (parsed.findings[0]?.message ?? '')
    throw intakeError('REPORT_FORMAT', { format: 'cpscXml', detail })
  }
  const rows = results.children.filter(({ name }) => name === 'result')
  return [...Map.groupBy(rows, (row) => valueOf(row, 'recallNo') ?? '')].map(([number, group]) => reportOfRows(number, group))
}

function reportOfRows(number: string, rows: readonly XmlElement[]): Imported {
  const [first] = rows
  const of = (name: string) => (first === undefined ? undefined : valueOf(first, name))
  const all = (name: string) => [...new Set(rows.map((row) => valueOf(row, name)?.replaceAll(/\s+/g, ' ') ?? ''))].join('; ')
  const occurredMs = timeOf(of('recDate'))
  const webAddress = of('recallURL')
  return {
    sourceId: `CPSC ${number}`,
    told: {
      title: line(`${of('manufacturer') ?? ''} ${of('prname') ?? ''}`) ?? number,
      text: paragraphs([
        ['Products', all('prname')],
        ['Type', all('type')],
        ['Hazard', all('hazard')],
        ['Manufacturer', all('manufacturer')],
        ['Made in', all('country_mfg')]
      ]),
      goods: given<ReportedGoods>({
        name: line(of('prname')),
        manufacturer: line(of('manufacturer')),
        category: line(of('type')),
        originCountry: line(of('country_mfg')),
        codes: codesOf(rows.map((row) => valueOf(row, 'UPC') ?? ''))
      }),
      country: 'US',
      ...(occurredMs === undefined ? {} : { occurredMs }),
      ...(webAddress === undefined ? {} : { webAddress })
    },
    raw: {
      mediaType: 'application/json',
      text: JSON.stringify(rows.map((row) => Object.fromEntries(row.attributes.map(({ name, value }) => [name, value]))))
    }
  }
}

function valueOf(row: XmlElement, name: string): string | undefined {
  const value = row.attributes.find((attribute) => attribute.name === name)?.value
  return value === '' ? undefined : value
}
