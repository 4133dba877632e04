/**
 * The notices that went out, in memory, newest first: what feed, pages and enquiry are answered from. Bounded: past the bound the oldest that
 * are over leave it first; the case store still has them. It decides nothing about who may see what.
 */
import { isEnded, type PublicNotice } from '@tracegate/model/notice'

/** Cases in memory. */
const indexedMax = 20_000

export interface IndexedEdition {
  readonly edition: number
  readonly event: PublicNotice['event']
  readonly atMs: number
  readonly level?: PublicNotice['level']
  readonly hasCap: boolean
}

export interface IndexedNotice {
  /** The latest edition. */
  readonly notice: PublicNotice
  readonly editions: readonly IndexedEdition[]
  readonly channels: ReadonlySet<string>
}

export interface NoticeIndex {
  /** Grows with every change; part of each ETag. */
  readonly generation: number
  /** Cases that had to leave. */
  readonly left: number
  readonly size: number
  add(notice: PublicNotice, facts: { readonly hasCap: boolean; readonly channels: readonly string[] }): void
  /** By publication number or by number of the case. */
  find(number: string): IndexedNotice | undefined
  /** Newest first by the time of the latest edition. */
  all(): readonly IndexedNotice[]
}

export function createNoticeIndex(max = indexedMax): NoticeIndex {
  const byNumber = new Map<string, IndexedNotice>()
  const numberOfCase = new Map<string, string>()
  let generation = 0
  let left = 0
  let sorted: readonly IndexedNotice[] | undefined
  const all = () => (sorted ??= [...byNumber.values()].toSorted(newestFirst))

  function makeRoom(): void {
    if (byNumber.size <= max) return
    const oldestFirst = all().toReversed()
    const victim = oldestFirst.find(({ notice }) => isEnded(notice)) ?? oldestFirst[0]
    if (victim === undefined) return
    byNumber.delete(victim.notice.number)
    numberOfCase.delete(victim.notice.case)
    sorted = undefined
    left += 1
  }

  return {
    get generation() {
      return generation
    },
    get left() {
      return left
    },
    get size() {
      return byNumber.size
    },
    all,
    find: (number) => byNumber.get(number) ?? byNumber.get(numberOfCase.get(number) ?? ''),
    add(notice, { hasCap, channels }) {
      const before = byNumber.get(notice.number)
      const { edition, event, atMs, level } = notice
      const own: IndexedEdition = { edition, event, atMs, ...(level === undefined ? {} : { level }), hasCap }
      const editions = [...(before?.editions ?? []).filter((one) => one.edition !== edition), own].toSorted(
        (one, other) => one.edition - other.edition
      )
      const isLatest = before === undefined || before.notice.edition <= edition
      const latest = isLatest ? { notice, channels: new Set(channels) } : { notice: before.notice, channels: before.channels }
      byNumber.set(notice.number, { ...latest, editions })
      numberOfCase.set(notice.case, notice.number)
      sorted = undefined
      generation += 1
      makeRoom()
    }
  }
}

function newestFirst(one: IndexedNotice, other: IndexedNotice): number {
  return other.notice.atMs - one.notice.atMs || (one.notice.number < other.notice.number ? 1 : -1)
}
