/** Measures, control orders and deadlines as one part of the api: puts their offices together, starts and ends them. It decides nothing. */
import { type ClockOffice, createClockOffice } from '../clocks/clock-office.ts'
import { createControlEvents } from './control-events.ts'
import { type ControlOffice, type ControlOfficeOptions, createControlOffice } from './control-office.ts'
import { createCaseFollower } from './follow-cases.ts'
import { type ControlBook, createControlBook, createMeasureBook, type MeasureBook } from './measure-book.ts'
import { createMeasureOffice, type MeasureOffice, type MeasureOfficeOptions } from './measure-office.ts'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { WarningOffice } from '../warnings/warning-office.ts'

export interface MeasureDesk extends AsyncDisposable {
  readonly office: MeasureOffice
  readonly book: MeasureBook
  readonly control: ControlOffice
  readonly controlBook: ControlBook
  readonly clocks: ClockOffice
  /** Takes up what was left from before, and follows everything from now on. */
  start(): void
  /** Looks at once, in order: cases that ended, control orders, deadlines. */
  look(): Promise<void>
}

export type MeasureDeskOptions = Omit<ControlOfficeOptions, 'measures' | 'control' | 'events'> &
  Pick<MeasureOfficeOptions, 'attachments'> & {
    readonly cases: CaseStore
    readonly warnings: Pick<WarningOffice, 'link'>
    readonly logger: Logger
    readonly metrics: Metrics
  }

export function createMeasureDesk(options: MeasureDeskOptions): MeasureDesk {
  const events = createControlEvents(options)
  const book = createMeasureBook(options)
  const controlBook = createControlBook(options)
  const parts = { ...options, events, book }
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
