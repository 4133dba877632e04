/** Scenarios of what people tell: a toy that comes apart in many hands within a day. */
import { simError } from '../errors.ts'
import type { Breakables, Complaint, Scenario } from './scenario.ts'

const minuteMs = 60_000

/** Told by different people of different pieces; two of them were hurt. */
const stories: readonly Omit<Complaint, 'code'>[] = [
  { text: 'One block split at the seam and two small magnets fell out on the carpet', injured: false },
  { text: '积木一摔就裂，里面的小磁铁掉了出来，孩子差点放进嘴里', injured: false },
  { text: 'My son swallowed two loose magnets from a block; they were taken out in hospital last night', injured: true },
  { text: '玩了十分钟就掉出磁铁，边缘也很锋利', injured: false },
  { text: 'Second box of these blocks that came with a cracked corner and a magnet rolling about inside', injured: false },
  { text: 'My two year old put a magnet that had come loose into her nose, the doctor had to remove it', injured: true },
  { text: '买来当天就有三块开胶，磁铁外露，要求退货', injured: false },
  { text: 'Magnets come off when the blocks are pulled apart, nobody warned us that they are this small', injured: false }
]

/** Pieces of a toy are sold, and their buyers complain in the public form. What was told stays told. */
export function complaintSurge({ goods, nowMs, complain }: Breakables): Scenario {
  return {
    lastsMs: 5 * minuteMs,
    mendsItself: false,
    targets: [],
    async begin() {
      const name = 'complaint-surge'
      if (complain === undefined) throw simError('SCENARIO_NO_GOODS', { name, what: 'there is no platform to complain to' })
      let code: string | undefined
      for (const story of stories) {
        const sale = goods().shops.sellOneItem(nowMs(), 'toy')
        if (sale !== undefined) {
          sale.done()
          await goods().tell([sale.event])
          code = sale.item.key
        }
        // Where the shelf is empty, another one of the family who bought the last piece writes.
        if (code === undefined) throw simError('SCENARIO_NO_GOODS', { name, what: 'no toy is on a shelf' })
        await complain({ ...story, code })
      }
      return { target: code?.replace(/\/21\/.*$/, '') ?? '', end: () => undefined }
    }
  }
}
