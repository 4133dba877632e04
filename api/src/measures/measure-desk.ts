/** Measures, control orders and deadlines as one part of the api: puts their offices together, starts and ends them. It decides nothing. */
import { type ClockOffice, createClockOffice } from '../clocks/clock-office.ts'
import { createEvidenceKeys } from '../exports/evidence-keys.ts'
import { createControlEvents } from './control-events.ts'
import { type ControlOffice, type ControlOfficeOptions, createControlOffice } from './control-office.ts'
import { createControlSigner, publicControlKeys } from './control-signer.ts'
import { createCaseFollower } from './follow-cases.ts'
import { exactGoods, type FrozenGoodsOf, recallOfGoods } from './goods.ts'
import { type ControlBook, createControlBook, createMeasureBook, type MeasureBook } from './measure-book.ts'
import { createMeasureOffice, type MeasureOffice, type MeasureOfficeOptions } from './measure-office.ts'
import { recallOf } from './origin.ts'
import type { MeasureCase } from '@tracegate/model/measure'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { RecallOffice } from '../recalls/recall-office.ts'
import type { WarningOffice } from '../warnings/warning-office.ts'

export interface MeasureDesk extends AsyncDisposable {
  readonly office: MeasureOffice
  readonly book: MeasureBook
  readonly control: ControlOffice
  readonly controlBook: ControlBook
  readonly clocks: ClockOffice
  /** The keys that sign lists; empty where this process has none. */
  keys(): ReturnType<typeof publicControlKeys>
  /** Takes up what was left from before, and follows everything from now on. */
  start(): void
  /** Looks at once, in order: cases that ended, control orders, deadlines. */
  look(): Promise<void>
}

export type MeasureDeskOptions = Omit<ControlOfficeOptions, 'measures' | 'control' | 'events' | 'sign' | 'recalled'> &
  Pick<MeasureOfficeOptions, 'attachments'> & {
    readonly cases: CaseStore
    readonly warnings: Pick<WarningOffice, 'link'>
    readonly recalls: Pick<RecallOffice, 'goods'>
    /** Where the keys that sign lists are kept; without it they go out unsigned. */
    readonly keysPath: string | undefined
    readonly logger: Logger
    readonly metrics: Metrics
  }

export function createMeasureDesk(options: MeasureDeskOptions): MeasureDesk {
  const events = createControlEvents(options)
  const book = createMeasureBook(options)
  const controlBook = createControlBook(options)
  const keys = options.keysPath === undefined ? undefined : createEvidenceKeys({ path: options.keysPath, nowMs: options.nowMs })
  const frozenGoods: FrozenGoodsOf = (recall) => options.recalls.goods(recall)
  const recalled = async (measure: MeasureCase): Promise<readonly string[]> => {
    const id = measure.followsScope ? recallOfGoods(measure, measure.recall) : undefined
    const recall = id === undefined ? undefined : await recallOf(options.cases, id)
    if (recall === undefined) return []
    return exactGoods(recall, frozenGoods).catch((error: unknown) => {
      events.failed(error)
      return []
    })
  }
  const parts = { ...options, events, book, frozenGoods, recalled, sign: keys === undefined ? undefined : createControlSigner(keys) }
  const office = createMeasureOffice({
    ...parts,
    link: (warning, measures, by) => options.warnings.link(warning, { measures: [...measures] }, by)
  })
  const control = createControlOffice({ ...parts, measures: book, control: controlBook })
  const follower = createCaseFollower(parts)
  const clocks = createClockOffice({ ...parts, measures: book, control: controlBook })
  return {
    office,
    book,
    control,
    controlBook,
    clocks,
    keys: async () => (keys === undefined ? [] : publicControlKeys(keys)),
    start() {
      follower.start()
      control.start()
      clocks.start()
    },
    async look() {
      await follower.look()
      await control.look({ expand: true })
      await clocks.look()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([follower[Symbol.asyncDispose](), control[Symbol.asyncDispose](), clocks[Symbol.asyncDispose]()])
    }
  }
}
