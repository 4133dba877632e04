/** What became of each edition of a case on each channel, for those who publish; addresses are masked. It changes nothing. */
import { publicationId } from '@tracegate/model/notice'
import type { PublicationReceipts } from '@tracegate/model/http-publication'
import type { Delivery, PublicationCase } from '@tracegate/model/publication'
import type { CaseStore } from '@tracegate/store/case-store'
import { publicationCases, type PublicationBook } from './publications.ts'

/** Deliveries listed for one edition. */
const listedMax = 500
const editionsMax = 300
const partsMax = 1_000

export async function receiptsOf(book: PublicationBook, number: string): Promise<PublicationReceipts[]> {
  const items: PublicationReceipts[] = []
  for (let edition = 1; edition <= editionsMax; edition += 1) {
    const whole = (await book.find(publicationId({ number, edition })))?.state
    if (whole === undefined) {
      // Editions that took no channel have no publication; one such in a row of editions is possible, two are the end.
      const next = await book.find(publicationId({ number, edition: edition + 1 }))
      if (next === undefined) break
      continue
    }
    items.push(await receiptOf(book, whole))
  }
  return items
}

async function receiptOf(book: PublicationBook, whole: PublicationCase): Promise<PublicationReceipts> {
  const counts = { waiting: 0, delivered: 0, dead: 0 }
  const deliveries: PublicationReceipts['deliveries'] = []
  let total = 0
  for (let part = 0; part < Math.min(whole.parts, partsMax); part += 1) {
    const own = part === 0 ? whole : (await book.find(`${whole.id}~${part}`))?.state
    for (const one of own?.deliveries ?? []) {
      counts[one.status] += 1
      total += 1
      if (deliveries.length < listedMax) deliveries.push({ ...masked(one), part: own?.id ?? whole.id })
    }
  }
  const { id, notice, cap, policyVersion, madeAtMs } = whole
  return {
    id,
    edition: notice?.edition ?? 0,
    event: notice?.event ?? 'published',
    atMs: notice?.atMs ?? madeAtMs,
    policyVersion,
    ...(cap === undefined ? {} : { cap }),
    counts,
    deliveries,
    truncated: total > deliveries.length || whole.parts > partsMax
  }
}

/** Enough of an address to know which one is meant. */
function masked(one: Delivery): Delivery {
  const { to } = one
  if (to === undefined || one.channel === 'portControl') return one
  if (one.channel === 'email') return { ...one, to: to.replace(/^(.).*@/, '$1…@') }
  return { ...one, to: URL.canParse(to) ? `${new URL(to).origin}/…` : '…' }
}

/** Publications with a dead delivery, newest first. */
export async function deadDeliveries(
  cases: CaseStore,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined }
): Promise<{ items: (Delivery & { publication: string; part: string })[]; next?: string }> {
  const items: (Delivery & { publication: string; part: string })[] = []
  let at = cursor
  for (;;) {
    const page = await cases.heads({ kind: 'publication', open: true, limit: 100, ...(at === undefined ? {} : { cursor: at }) })
    for (const { state } of page.heads) {
      const read = publicationCases.check(state)
      if (!read.ok) continue
      const { id, of, deliveries } = read.value
      for (const one of deliveries) if (one.status === 'dead') items.push({ ...masked(one), publication: of, part: id })
    }
    at = page.next
    if (at === undefined) return { items }
    if (items.length >= limit) return { items, next: at }
  }
}
