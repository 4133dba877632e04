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
  const fits = askerOf(question)
  return index.all().filter((one) => maySee(one, clearance, channel) && fits(one.notice))
}

/** What the question asks of a notice; whatever is the same for all of them is worked out once. */
function askerOf({
  levels = [],
  kinds = [],
  state,
  drills,
  hs,
  brand,
  text,
  key,
  lotKey
}: NoticeQuestion): (notice: PublicNotice) => boolean {
  const [wantedBrand, wantedText] = [brand === undefined ? undefined : plain(brand), text === undefined ? undefined : plain(text)]
  const about = key === undefined ? undefined : aboutOf(key, lotKey)
  return (notice) => {
    if (notice.drill && drills !== true) return false
    if (levels.length > 0 && (notice.level === undefined || !levels.includes(notice.level))) return false
    if (kinds.length > 0 && !kinds.includes(notice.kind)) return false
    if (state !== undefined && isEnded(notice) !== (state === 'ended')) return false
    if (hs !== undefined && !notice.hsCodes.some((code) => code.startsWith(hs) || hs.startsWith(code))) return false
    if (wantedBrand !== undefined && !wordsOf(notice).brands.some((one) => one.includes(wantedBrand))) return false
    if (wantedText !== undefined && !names(notice, wantedText)) return false
    return about === undefined || about(notice)
  }
}

interface Words {
  readonly texts: readonly string[]
  readonly brands: readonly string[]
  readonly lots: ReadonlySet<string>
}

/** In one form for comparing; kept as long as the notice is. */
const words = new WeakMap<PublicNotice, Words>()

function wordsOf(notice: PublicNotice): Words {
  const known = words.get(notice)
  if (known !== undefined) return known
  const { title, products, brands, number, lots } = notice
  const texts = [title.zh, title.en, number, notice.case, ...products.flatMap(({ gtin, name }) => [gtin, name?.zh ?? '', name?.en ?? ''])]
  const plainBrands = brands.map(plain)
  const made = { texts: [...texts.map(plain), ...plainBrands], brands: plainBrands, lots: new Set(lots.map(({ lot }) => plain(lot))) }
  words.set(notice, made)
  return made
}

function names(notice: PublicNotice, wanted: string): boolean {
  const { texts, lots } = wordsOf(notice)
  return lots.has(wanted) || texts.some((one) => one.includes(wanted))
}

/** Whether a notice is about the thing: its lot where lots are named, else its product. */
function aboutOf(key: string, lotKey: string | undefined): (notice: PublicNotice) => boolean {
  const kind = keyKind(key)
  const digits = gtinOf(kind === 'product' ? key : (parentKeyOf(key) ?? key))
  if (digits === undefined) return () => false
  const gtin = gtin14(digits)
  const own = kind === 'lot' ? key : lotKey
  const lot = own === undefined ? undefined : lotOf(own)
  return (notice) => {
    const lotsOfIt = notice.lots.filter((one) => one.gtin === gtin)
    if (lotsOfIt.length === 0) return notice.products.some((one) => one.gtin === gtin)
    // Of an item whose lot nobody has told, the product is all that is known: rather one warning too many.
    return kind === 'product' || notice.truncated || lot === undefined || lotsOfIt.some((one) => one.lot === lot.lot)
  }
}
