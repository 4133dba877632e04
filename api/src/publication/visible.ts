/** Who may see which notice, and which of them a question is about. Pure. */
import { gtin14, isCleared, plain } from '@tracegate/model/alert-subscription'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import { isEnded, type PublicNotice } from '@tracegate/model/notice'
import type { AudienceName, NoticeKind } from '@tracegate/model/policy/channels'
import type { WarningLevel } from '@tracegate/model/warning'
import type { Principal } from '../accounts.ts'
import type { IndexedNotice, NoticeIndex } from './notice-index.ts'
import { gtinOf, lotOf } from './notice-of-warning.ts'

/** Nobody in particular sees what is public; whoever has signed in and may read sees what went to operators and ports, too. */
export function clearanceOf(principal: Principal | undefined): AudienceName {
  return principal?.rights.includes('read') === true ? 'ports' : 'public'
}

export function maySee({ notice, channels }: IndexedNotice, clearance: AudienceName, channel: 'atom' | 'page' | 'cap'): boolean {
  return channels.has(channel) && isCleared(clearance, notice.audience)
}

export interface NoticeQuestion {
  readonly levels?: readonly WarningLevel[]
  readonly kinds?: readonly NoticeKind[]
  readonly state?: 'open' | 'ended'
  /** Drills are left out unless they are asked for. */
  readonly drills?: boolean
  readonly hs?: string
  readonly brand?: string
  /** Any word of the title, the names of its products or its numbers. */
  readonly text?: string
  /** A key of the trace: item, lot or product. */
  readonly key?: string
  /** The lot of the item that `key` is, where an event told it. */
  readonly lotKey?: string | undefined
}

export interface Asker {
  readonly clearance: AudienceName
  readonly channel: 'atom' | 'page'
}

export function findNotices(index: NoticeIndex, question: NoticeQuestion, { clearance, channel }: Asker): readonly IndexedNotice[] {
  return index.all().filter((one) => maySee(one, clearance, channel) && answers(one.notice, question))
}

function answers(notice: PublicNotice, { levels, kinds, state, drills, hs, brand, text, key, lotKey }: NoticeQuestion): boolean {
  if (notice.drill && drills !== true) return false
  if (levels !== undefined && levels.length > 0 && (notice.level === undefined || !levels.includes(notice.level))) return false
  if (kinds !== undefined && kinds.length > 0 && !kinds.includes(notice.kind)) return false
  if (state !== undefined && isEnded(notice) !== (state === 'ended')) return false
  if (hs !== undefined && !notice.hsCodes.some((code) => code.startsWith(hs) || hs.startsWith(code))) return false
  if (brand !== undefined && !notice.brands.some((one) => plain(one).includes(plain(brand)))) return false
  if (text !== undefined && !names(notice, plain(text))) return false
  return key === undefined || concerns(notice, key, lotKey)
}

function names(notice: PublicNotice, wanted: string): boolean {
  const { title, products, brands, number } = notice
  const texts = [
    title.zh,
    title.en,
    number,
    notice.case,
    ...brands,
    ...products.flatMap(({ gtin, name }) => [gtin, name?.zh ?? '', name?.en ?? ''])
  ]
  return texts.some((one) => plain(one).includes(wanted)) || notice.lots.some(({ lot }) => plain(lot) === wanted)
}

/** Whether a notice is about the thing: its lot where lots are named, else its product. */
export function concerns(notice: PublicNotice, key: string, lotKey: string | undefined): boolean {
  const own = keyKind(key) === 'lot' ? key : lotKey
  const gtin = gtinOf(keyKind(key) === 'product' ? key : (parentKeyOf(key) ?? key))
  if (gtin === undefined) return false
  const lotsOfIt = notice.lots.filter((one) => one.gtin === gtin14(gtin))
  const isNamed = lotsOfIt.length > 0 || notice.products.some((one) => one.gtin === gtin14(gtin))
  if (!isNamed) return false
  if (keyKind(key) === 'product' || lotsOfIt.length === 0 || notice.truncated) return true
  const lot = own === undefined ? undefined : lotOf(own)
  // Of an item whose lot nobody has told, the product is all that is known: rather one warning too many.
  return lot === undefined || lotsOfIt.some((one) => one.lot === lot.lot)
}
