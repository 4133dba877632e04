/**
 * Measures follow their warning or recall: withdrawn when it is lifted or closed, their goods changed when its scope grows. Told by the bus
 * at once, and looked up by a slow look, as the bus may lose what it tells.
 */
import type { MeasureCase } from '@tracegate/model/measure'
import type { RecallCase } from '@tracegate/model/recall-case'
import type { WarningCase } from '@tracegate/model/warning'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import type { ControlEvents } from './control-events.ts'
import { measuresStandingMax } from './control-office.ts'
import { type FrozenGoodsOf, goodsOfRecall, goodsOfWarning, recallOfGoods } from './goods.ts'
import { machineName, type MeasureBook } from './measure-book.ts'
import { recallOf, warningOf } from './origin.ts'

export interface CaseFollower extends AsyncDisposable {
  start(): void
  look(): Promise<void>
}

const lookAgainMs = 30_000
const warningEnds: ReadonlySet<string> = new Set(['lifted', 'discarded', 'routed'])
const recallEnds: ReadonlySet<string> = new Set(['closed', 'noDefect', 'routed'])

export function createCaseFollower(options: {
  readonly cases: CaseStore
  readonly book: MeasureBook
  readonly bus: Bus
  readonly events: ControlEvents
  readonly frozenGoods: FrozenGoodsOf
}): CaseFollower {
  const { cases, book, bus, events, frozenGoods } = options
  let running: Promise<void> = Promise.resolve()
  let every: NodeJS.Timeout | undefined
  let closed = false
  const endings: (() => void)[] = []

  async function goodsNow(measure: MeasureCase, warning: WarningCase | undefined, recall: RecallCase | undefined): Promise<string[]> {
    const exact = recallOfGoods(measure, recall)
    if (exact !== undefined && (warning === undefined || exact.scope !== undefined)) return goodsOfRecall(exact, frozenGoods)
    return warning === undefined ? [] : goodsOfWarning(warning)
  }

  async function follow(measure: MeasureCase, warning: WarningCase | undefined, recall: RecallCase | undefined): Promise<void> {
    // Both must have ended where a measure rests on both.
    const ends = [
      ...(warning === undefined ? [] : [warningEnds.has(warning.status)]),
      ...(recall === undefined ? [] : [recallEnds.has(recall.status)])
    ]
    const isOver = ends.length > 0 && ends.every(Boolean)
    const goods = isOver || !measure.followsScope ? [] : await goodsNow(measure, warning, recall)
    const grown = goods.length > 0 && !sameKeys(goods, measure.goods)
    if (!isOver && !grown) return
    const origin = warning?.id ?? recall?.id ?? ''
    await book.act({
      id: measure.id,
      by: machineName,
      why: isOver ? `${origin} has ended` : `the scope of ${origin} has changed`,
      decide(before) {
        if (before === undefined || before.status === 'withdrawn') return undefined
        if (isOver) return { type: 'withdrawn', cause: 'lifted' }
        return sameKeys(goods, before.goods) ? undefined : { type: 'rescoped', goods: [...goods] }
      }
    })
    events.stepped({ measure: measure.id, step: isOver ? 'withdrawn' : 'rescoped', by: machineName })
  }

  async function lookNow(wanted: (measure: MeasureCase) => boolean): Promise<void> {
    const { items } = await book.open(measuresStandingMax)
    for (const measure of items.filter(wanted)) {
      if (closed) return
      const [warning, recall] = await Promise.all([
        measure.warning === undefined ? undefined : warningOf(cases, measure.warning),
        measure.recall === undefined ? undefined : recallOf(cases, measure.recall)
      ])
      // One case whose journal does not hold what it should must not keep the others.
      await follow(measure, warning, recall).catch((error: unknown) => events.failed(error))
    }
  }

  const queue = (wanted: (measure: MeasureCase) => boolean): Promise<void> => {
    running = running.then(() => (closed ? undefined : lookNow(wanted))).catch((error: unknown) => events.failed(error))
    return running
  }

  return {
    look: () => queue(() => true),
    start() {
      void queue(() => true)
      endings.push(
        bus.subscribe('warning', ({ warning }) => void (warning.status !== 'draft' && queue((measure) => measure.warning === warning.id))),
        bus.subscribe('recall', ({ recall }) => void queue((measure) => measure.recall === recall.id))
      )
      every = setInterval(() => void queue(() => true), lookAgainMs)
      every.unref()
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearInterval(every)
      for (const end of endings) end()
      await running
    }
  }
}

function sameKeys(left: readonly string[], right: readonly string[]): boolean {
  const keys = new Set(right)
  return left.length === keys.size && left.every((key) => keys.has(key))
}
