/** Events to rows of the FSMA 204 spreadsheet, page by page, with the count of what gave no row and of what lacks. */
import { criticalTrackingEvents, cteTitles, type FsmaRow } from '@tracegate/model/fsma'
import { fsmaRowsOf } from '@tracegate/model/fsma-rows'
import { productKey } from '@tracegate/model/gs1/key'
import type { FsmaSummary } from '@tracegate/model/http-exports'
import type { ApiContext } from '../context.ts'
import { openAttributeBook, type AttributeBook } from './attribute-book.ts'
import { selectEvents, type EventQuestion, type SelectedEvent } from './event-selection.ts'
import { createKnowledgeReader } from './fsma-knowledge.ts'

export interface FsmaExport {
  /** Read when asked for; ends at `rowsMax`. */
  readonly pages: AsyncIterable<readonly FsmaRow[]>
  /** Whole when the pages are through. */
  summary(): FsmaSummary
}

export interface FsmaOptions {
  readonly question: EventQuestion
  readonly rowsMax: number
}

export async function exportFsma(
  context: Pick<ApiContext, 'trace' | 'registers' | 'masterData'>,
  options: FsmaOptions
): Promise<FsmaExport> {
  const { question, rowsMax } = options
  const book = await openAttributeBook(context)
  const selection = selectEvents(context, question)
  const tally = createTally()
  const known = question.knownAtMs === undefined ? {} : { knownAtMs: question.knownAtMs }
  const reader = createKnowledgeReader({ trace: context.trace, book, ...known })
  const pages = (async function* () {
    let room = rowsMax
    for await (const page of selection.pages) {
      const knowledge = await reader.load(page)
      for (const cut of knowledge.cuts) tally.cut(cut)
      const rows: FsmaRow[] = []
      for (const event of page) {
        if (isVoid(event, knowledge)) tally.leftOut('declaredWrong')
        else {
          const outcome = fsmaRowsOf(event, knowledge)
          const food = outcome.rows.filter((row) => isFood(row, book))
          if (outcome.leftOut !== undefined) tally.leftOut(outcome.leftOut)
          else if (food.length === 0) tally.leftOut('notFood')
          if (outcome.cut > 0) tally.cut(`event ${event.fact.eventID} makes ${outcome.cut} more rows than an event may`)
          rows.push(...food)
        }
      }
      const taken = rows.slice(0, room)
      for (const row of taken) tally.row(row)
      room -= taken.length
      yield taken
      if (taken.length < rows.length || room === 0) {
        tally.cut(`more than ${rowsMax} rows; narrow the question`)
        return
      }
    }
  })()
  return { pages, summary: () => tally.summary(selection.cuts) }
}

/** Declarations of error and what they declare tell nothing of the goods. */
function isVoid(event: SelectedEvent, knowledge: { isDeclaredWrong(event: SelectedEvent): boolean }): boolean {
  return event.fact.errorDeclaration !== undefined || knowledge.isDeclaredWrong(event)
}

/** What the register says is no food is not asked for; what it does not know may be food. */
function isFood(row: FsmaRow, book: AttributeBook): boolean {
  const gtin = row['gtin'] ?? row['inputGtin']
  const regime = typeof gtin === 'string' ? book.regimeOf(productKey(gtin)) : undefined
  return regime === undefined || regime === 'food'
}

const cutsKept = 20

function createTally() {
  const rows = new Map<string, number>(criticalTrackingEvents.map((cte) => [cteTitles[cte], 0]))
  const leftOut = new Map<string, number>()
  const missing = new Map<string, number>()
  const cuts = new Set<string>()
  let complete = 0
  const add = (counts: Map<string, number>, name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1)
  return {
    row(row: FsmaRow) {
      add(rows, row.cte)
      const lacking = row['missing']
      if (typeof lacking !== 'string') complete += 1
      else for (const one of lacking.split('; ')) add(missing, one.replace(/:.*$/, ''))
    },
    leftOut: (reason: string) => add(leftOut, reason),
    cut: (what: string) => void (cuts.size < cutsKept && cuts.add(what)),
    summary: (more: readonly string[]): FsmaSummary => ({
      rows: Object.fromEntries(rows),
      total: [...rows.values()].reduce((sum, count) => sum + count, 0),
      complete,
      missing: Object.fromEntries([...missing].toSorted(([left], [right]) => (left < right ? -1 : 1))),
      leftOut: Object.fromEntries(leftOut),
      cut: [...cuts, ...more]
    })
  }
}
