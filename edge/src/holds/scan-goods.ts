/** Which keys a scan stands for: the unit or container, its product, its lot, and what a logistic label says of its content. Pure. */
import { keyKind, lotKey, parentKeyOf, productKey } from '@tracegate/model/gs1/key'
import { readScan } from '@tracegate/model/gs1/scan-data'
import type { Scan } from '@tracegate/model/scan'

export interface ScanGoods {
  /** The key of the scan first. */
  readonly keys: readonly string[]
  /** When the scan told both. */
  readonly lotOfItem: { readonly item: string; readonly lot: string } | undefined
}

/** Undefined for a code that names no goods. */
export function goodsOfScan(scan: Scan): ScanGoods | undefined {
  const read = readScan(scan.symbology, scan.data)
  if (!read.ok || read.value.key === undefined) return undefined
  const { key, ais, primary } = read.value
  const valueOf = (ai: string) => ais.find(([name]) => name === ai)?.[1]
  // AI 02 is the product inside of a logistic unit (General Specifications §3.2.2); AI 10 is of it then.
  const gtin = primary ?? valueOf('01') ?? valueOf('02')
  const lot = valueOf('10')
  const lots = gtin === undefined || lot === undefined ? [] : [lotKey(gtin, lot)]
  const [known] = lots
  return {
    keys: [...new Set([key, ...withClasses([key]), ...(gtin === undefined ? [] : [productKey(gtin)]), ...lots])],
    lotOfItem: keyKind(key) === 'item' && known !== undefined ? { item: key, lot: known } : undefined
  }
}

/** With the products that the keys are of. */
export function withClasses(keys: readonly string[]): string[] {
  return [...new Set(keys.flatMap((key) => [key, parentKeyOf(key) ?? key]))]
}
