/** One notice by its number: from the index, or from the case store where it had to leave the index. */
import { publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { IndexedEdition, IndexedNotice, NoticeIndex } from './notice-index.ts'
import type { PublicationBook } from './publications.ts'

export interface NoticeLookup {
  find(number: string): Promise<IndexedNotice | undefined>
  edition(number: string, edition: number): Promise<PublicNotice | undefined>
  /** The message as it was first written. */
  cap(number: string, edition: number): Promise<{ readonly xml: string; readonly sha256: string } | undefined>
}

/** Editions of one case are at most its changes, which are bounded, and two more. */
const editionsMax = 300
/** CAP messages held in memory, so that a crowd after the same one reads no journal. */
const filesMax = 200

export function createNoticeLookup(index: NoticeIndex, book: PublicationBook): NoticeLookup {
  const files = new Map<string, { readonly xml: string; readonly sha256: string }>()

  async function fromStore(number: string): Promise<IndexedNotice | undefined> {
    const editions: IndexedEdition[] = []
    let latest: IndexedNotice | undefined
    for (let edition = 1; edition <= editionsMax; edition += 1) {
      const found = await book.find(publicationId({ number, edition }))
      const notice = found?.state.notice
      if (found === undefined || notice === undefined) break
      const { event, atMs, level } = notice
      editions.push({ edition, event, atMs, ...(level === undefined ? {} : { level }), hasCap: found.state.cap !== undefined })
      latest = { notice, editions, channels: new Set(found.state.deliveries.map(({ channel }) => channel)) }
    }
    return latest
  }

  return {
    find: async (number) => index.find(number) ?? fromStore(number),
    async edition(number, edition) {
      const one = index.find(number)?.notice
      if (one?.edition === edition) return one
      return (await book.find(publicationId({ number, edition })))?.state.notice
    },
    async cap(number, edition) {
      const id = publicationId({ number, edition })
      const held = files.get(id)
      if (held !== undefined) return held
      const cap = capOf((await book.journal(id))[0]?.data)
      if (cap === undefined) return undefined
      const [oldest] = files.keys()
      if (files.size >= filesMax && oldest !== undefined) files.delete(oldest)
      files.set(id, cap)
      return cap
    }
  }
}

function capOf(data: unknown): { readonly xml: string; readonly sha256: string } | undefined {
  const cap = typeof data === 'object' && data !== null && 'cap' in data ? data.cap : undefined
  if (typeof cap !== 'object' || cap === null || !('xml' in cap) || !('sha256' in cap)) return undefined
  const { xml, sha256 } = cap
  return typeof xml === 'string' && typeof sha256 === 'string' ? { xml, sha256 } : undefined
}
