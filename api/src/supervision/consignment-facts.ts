/** What the registers and cases say of a declared consignment: the facts that its supervision is proposed from. It decides nothing. */
import { Laboratory, certificateFault } from '@tracegate/model/supervision/certificate'
import { compileValidator } from '@tracegate/model/codec'
import { CatalogueEntry } from '@tracegate/model/http-supervision'
import type { SupervisionPolicy } from '@tracegate/model/policy/supervision'
import type { Consignment } from '@tracegate/model/supervision/consignment'
import { standingOf } from '@tracegate/model/supervision/credit'
import type { ConsignmentFacts } from '@tracegate/model/supervision/propose-mode'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Registers } from '../registers.ts'
import type { SupervisionBooks } from './supervision-books.ts'

export interface FactSources {
  readonly cases: CaseStore
  readonly registers: Pick<Registers, 'products'>
  readonly books: SupervisionBooks
  /** Warnings in force and recalls running that name the key. */
  readonly statusOf: (key: string) => Promise<{ readonly warnings: readonly { id: string }[]; readonly recalls: readonly { id: string }[] }>
  readonly nowMs: () => number
}

/** Consignments looked back through for what did not conform. */
const lookedBackMax = 2_000
const perPage = 500
/** Keys of one consignment that are looked up among warnings and recalls. */
const keysMax = 200

const catalogue = compileValidator(CatalogueEntry)
const laboratories = compileValidator(Laboratory)

export async function factsOf(sources: FactSources, consignment: Consignment, policy: SupervisionPolicy): Promise<ConsignmentFacts> {
  const { books, registers, nowMs } = sources
  const gln =
    consignment.direction === 'import' ? (consignment.importer ?? consignment.exporter) : (consignment.exporter ?? consignment.importer)
  const [products, ledger, headings, history, names, certificates] = await Promise.all([
    registers.products(),
    gln === undefined ? undefined : books.credit.find(gln),
    catalogueOf(sources, consignment),
    nonConformities(sources, consignment, { gln, policy }),
    namedBy(sources, consignment),
    certificatesOf(sources, consignment)
  ])
  const harms = consignment.goods.map(({ gtin }) => products.find((product) => product.gtin === gtin)?.harm)
  const known = harms.filter((harm) => harm !== undefined)
  return {
    consignment: consignment.id,
    harm: known.length === 0 ? undefined : Math.max(...known),
    productsUnknown: harms.length - known.length,
    company: gln === undefined ? undefined : { gln, ...standingOf(ledger?.state, nowMs(), policy) },
    nonConformities: history,
    ...names,
    catalogue: headings,
    ...certificates,
    guaranteeAsked: consignment.guaranteeAsked === true
  }
}

async function catalogueOf({ cases, nowMs }: FactSources, { goods }: Consignment): Promise<string[]> {
  const rows = (await cases.list('catalogue')).flatMap(({ document }) => {
    const read = catalogue.check(document)
    return read.ok ? [read.value] : []
  })
  const now = nowMs()
  const holding = rows.filter(({ fromMs, untilMs = Infinity }) => fromMs <= now && now < untilMs)
  return holding.filter(({ hsPrefix }) => goods.some(({ hsCode }) => hsCode.startsWith(hsPrefix))).map(({ hsPrefix }) => hsPrefix)
}

/** Consignments of the same company or product found not to conform within the time that the policy looks back. */
async function nonConformities(
  { books, nowMs }: FactSources,
  { id, goods }: Consignment,
  { gln, policy }: { readonly gln: string | undefined; readonly policy: SupervisionPolicy }
): Promise<number> {
  const gtins = new Set(goods.map(({ gtin }) => gtin).filter((gtin) => gtin !== undefined))
  const fromMs = nowMs() - policy.modes.historyMs
  let count = 0
  let cursor: string | undefined
  for (let seen = 0; seen < lookedBackMax; seen += perPage) {
    const page = await books.consignments.page({ limit: perPage, ...(cursor === undefined ? {} : { cursor }) })
    for (const other of page.items) {
      if (other.id === id || other.result?.conforms !== false || other.result.atMs < fromMs) continue
      const sameCompany = gln !== undefined && (other.importer === gln || other.exporter === gln)
      if (sameCompany || other.goods.some(({ gtin }) => gtin !== undefined && gtins.has(gtin))) count += 1
    }
    if (page.next === undefined) break
    cursor = page.next
  }
  return count
}

async function namedBy({ statusOf }: FactSources, { goods }: Consignment): Promise<Pick<ConsignmentFacts, 'warnings' | 'recalls'>> {
  const keys = new Set<string>()
  for (const { gtin, lots } of goods) {
    if (gtin === undefined) continue
    const product = `https://id.gs1.org/01/${gtin}`
    for (const key of lots.length === 0 ? [product] : lots.map((lot) => `${product}/10/${encodeURIComponent(lot)}`)) keys.add(key)
  }
  const found = await Promise.all([...keys].slice(0, keysMax).map(statusOf))
  const idsOf = (rows: readonly { readonly id: string }[]): string[] => [...new Set(rows.map(({ id }) => id))].sort()
  return { warnings: idsOf(found.flatMap(({ warnings }) => warnings)), recalls: idsOf(found.flatMap(({ recalls }) => recalls)) }
}

async function certificatesOf(
  { books, cases, nowMs }: FactSources,
  { certificates, goods }: Consignment
): Promise<Pick<ConsignmentFacts, 'certificates' | 'certificatesFailed'>> {
  const valid: string[] = []
  const failed: { id: string; why: { zh: string; en: string } }[] = []
  for (const id of certificates) {
    const certificate = (await books.certificates.find(id))?.state
    const fault =
      certificateFault(certificate, goods.map(withoutEmpty), nowMs()) ?? (await laboratoryFault(cases, certificate?.laboratory, nowMs()))
    if (fault === undefined) valid.push(id)
    else failed.push({ id, why: fault })
  }
  return { certificates: valid, certificatesFailed: failed }
}

function withoutEmpty({ gtin, hsCode, lots }: Consignment['goods'][number]) {
  return { hsCode, lots, ...(gtin === undefined ? {} : { gtin }) }
}

async function laboratoryFault(cases: CaseStore, id: string | undefined, atMs: number) {
  const row = id === undefined ? undefined : await cases.get('laboratories', id)
  const read = row === undefined ? undefined : laboratories.check(row.document)
  if (read?.ok !== true) return { zh: '实验室未登记', en: 'its laboratory is not in the register' }
  return read.value.accreditedUntilMs < atMs ? { zh: '实验室认可已到期', en: 'the accreditation of its laboratory has ended' } : undefined
}
