/** Scenarios of what people tell: a toy that comes apart in many hands within an hour. */
import { simError } from '../errors.ts'
import type { Breakables, Complaint, Scenario } from './scenario.ts'

const minuteMs = 60_000

/** Told by different people of different pieces; two of them were hurt. */
const stories: readonly Omit<Complaint, 'code'>[] = [
  { text: 'A wheel came off while my daughter was pushing it across the floor', injured: false },
  { text: '轮子一碰就掉，里面的轴很尖', injured: false },
  { text: 'The axle stuck out and cut the hand of my son; the nurse put two stitches in', injured: true },
  { text: '孩子玩了十分钟前轮就脱落了，差点放进嘴里', injured: false },
  { text: 'Second toy of this kind that lost its front wheel, bought last week', injured: false },
  { text: 'My two year old had the small wheel in his mouth and choked, the doctor got it out', injured: true },
  { text: '买来当天轴就断了，要求退货', injured: false },
  { text: 'Wheel missing already in the box, the pin is sharp as a needle', injured: false }
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
