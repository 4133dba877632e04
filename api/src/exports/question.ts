/** What a caller asks of an export, as keys and times. It asks no store. */
import { keyKind, keyParts, lotKey } from '@tracegate/model/gs1/key'
import { apiError } from '../errors.ts'
import { keyOfText } from '../keys.ts'
import type { EventQuestion } from './event-selection.ts'

export interface ExportQuery {
  readonly of?: string
  readonly lot?: string
  readonly place?: string
  readonly from?: string
  readonly to?: string
  readonly knownAt?: string
}

/** Throws `EXPORT_QUESTION` for one that asks for everything, or for both a thing and a place. */
export function questionOf(query: ExportQuery): EventQuestion {
  const { of, lot, place, from, to, knownAt } = query
  if (of !== undefined && place !== undefined)
    throw apiError('EXPORT_QUESTION', { detail: 'both of and place are given, expected one of them' })
  if (of === undefined && place === undefined && (from === undefined || to === undefined))
    throw apiError('EXPORT_QUESTION', { detail: 'neither of nor place is given, expected one of them or both from and to' })
  const key = of === undefined ? undefined : keyOfText(of)
  const fromMs = from === undefined ? undefined : Date.parse(from)
  const toMs = to === undefined ? undefined : Date.parse(to)
  if (fromMs !== undefined && toMs !== undefined && !(fromMs <= toMs))
    throw apiError('RANGE_INVALID', { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() })
  return {
    ...(key === undefined ? {} : { of: lot === undefined ? key : lotOf(key, lot) }),
    ...(place === undefined ? {} : { place: keyOfText(place) }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(knownAt === undefined ? {} : { knownAtMs: Date.parse(knownAt) })
  }
}

function lotOf(product: string, lot: string): string {
  const parts = keyParts(product)
  if (keyKind(product) === 'product' && parts?.primary === '01') return lotKey(parts.value, lot)
  throw apiError('EXPORT_QUESTION', { detail: `lot is "${lot}" and of is no GTIN, expected the product that the lot is of` })
}
