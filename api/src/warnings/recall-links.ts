/** What warnings know of their recalls: the recalls on their file, and how many goods of one are accounted for. It changes no recall. */
import type { RecallCase } from '@tracegate/model/recall-case'
import type { Bus } from '@tracegate/service/bus'
import type { RecallOffice } from '../recalls/recall-office.ts'
import type { WarningOffice } from './warning-office.ts'

const officeName = 'tracegate/warnings'

export async function accountedGoods(
  recalls: Pick<RecallOffice, 'book' | 'progress'>,
  id: string
): Promise<{ readonly goods: number; readonly accounted: number } | undefined> {
  const kept = await recalls.book.find(id)
  if (kept?.state.scope === undefined) return undefined
  const { goods, figures } = await recalls.progress(kept.state)
  return { goods, accounted: figures.accountedFor }
}

/** Puts every recall that names a warning on the file of that warning. What the bus loses is found again when the recall changes next. */
export function followRecalls(options: {
  readonly bus: Bus
  readonly warnings: WarningOffice
  readonly failed: (fields: { readonly recall: string; readonly error: unknown }) => void
}): () => void {
  const { bus, warnings, failed } = options
  const link = async ({ id, origin }: RecallCase) => {
    for (const warning of origin.warnings) await warnings.link(warning, { recalls: [id] }, officeName)
  }
  return bus.subscribe('recall', ({ recall }) => {
    link(recall).catch((error: unknown) => failed({ recall: recall.id, error }))
  })
}
