/**
 * What a control order forbids: for each action the business steps that a scan must not lead to, and how a refused scan is recorded in the
 * words of CBV 2.0. Pure data and functions; it knows no key and no topic.
 */

/**
 * hold: goods stay where they are (seal and detain). recall: goods go no further towards use. refuseSale: not to be sold. refuseImport and
 * refuseExport: not across the border that way. release: lifts one order for the goods it names.
 */
export const controlActions = ['hold', 'recall', 'refuseSale', 'refuseImport', 'refuseExport', 'release'] as const
export type ControlAction = (typeof controlActions)[number]
export type RefusingAction = Exclude<ControlAction, 'release'>

const sale = ['retail_selling', 'dispensing'] as const
const inward = ['arriving', 'receiving', 'accepting', 'unloading', 'entering_exiting'] as const
const outward = ['departing', 'shipping', 'loading', 'staging_outbound', 'consigning', 'transporting', 'entering_exiting'] as const
const use = ['installing', 'stocking', 'picking', 'packing', 'repackaging', 'assembling', 'reserving'] as const

const refused: Readonly<Record<RefusingAction, ReadonlySet<string>>> = {
  hold: new Set([...sale, ...inward, ...outward, ...use, 'other']),
  recall: new Set([...sale, ...inward, ...outward, ...use, 'other']),
  refuseSale: new Set(sale),
  refuseImport: new Set([...inward, 'other']),
  refuseExport: new Set([...outward, 'other'])
}

/** Goods on their way back or out of the world: what a recall asks for is not refused by it. */
const wayOut: ReadonlySet<string> = new Set(['returned', 'recalled', 'destroyed', 'disposed'])

/**
 * Whether an order refuses the scan that would be recorded with this step and disposition. A step that is not said may be any, so it is
 * refused; looking at goods, storing, inspecting and destroying them is never refused.
 */
export function refusesStep(
  action: ControlAction,
  scan: { readonly bizStep?: string | undefined; readonly disposition?: string | undefined }
) {
  if (action === 'release') return false
  if (action === 'recall' && scan.disposition !== undefined && wayOut.has(scan.disposition)) return false
  return scan.bizStep === undefined || refused[action].has(scan.bizStep)
}

/**
 * How a refused scan is recorded. CBV 2.0 §7.1.3 `holding`: an object is segregated for further review; §7.2.3: `unavailable` cannot be
 * given out, `recalled` is subject to a recall, `non_sellable_other` cannot be sold for reasons not named otherwise.
 */
export const refusedBizStep = 'holding'
export const refusedDispositions = {
  hold: 'unavailable',
  recall: 'recalled',
  refuseSale: 'non_sellable_other',
  refuseImport: 'unavailable',
  refuseExport: 'unavailable'
} as const satisfies Readonly<Record<RefusingAction, string>>

/** Of several orders that refuse a scan the first in this row gives the disposition. */
export const refusalRank: readonly RefusingAction[] = ['recall', 'hold', 'refuseImport', 'refuseExport', 'refuseSale']
