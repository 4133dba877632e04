/** A market of products whose complaints and injuries are known to be chance or not, seeded; for tests and for the table of detectors. */
import { complaintSurgeDefaults, findSurge, isOver, type CountedReport, type SurgeParameters } from './surge.ts'

export interface SurgeSimulation {
  readonly products: number
  readonly days: number
  readonly seed: number
  /** Surges that are put in: of one lot of a product, the rate of the product times `factor`, and at least a report in two days, for `lastsDays`. */
  readonly surges: number
  readonly factor: number
  readonly lastsDays: number
  readonly parameters?: SurgeParameters
}

export interface SurgeScore {
  readonly reports: number
  readonly surges: number
  readonly found: number
  readonly opened: number
  readonly falseAlarms: number
  readonly falseAlarmsPerMonth: number
  readonly precision: number
  readonly recall: number
  /** Of the found ones, in days and in reports of the surge. */
  readonly delayDaysMedian: number
  readonly reportsToFindMedian: number
  /** Of the found ones, how many name exactly the lot. */
  readonly lotsRight: number
}

const dayMs = 86_400_000

/** Marsaglia's xorshift of 32 bits: the same numbers for a seed everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 4_294_967_296
  }
}

interface Injected {
  readonly product: number
  readonly lot: string
  readonly fromDay: number
  readonly toDay: number
  openedAtMs?: number
  reportsBefore: number
  lotRight: boolean
}

interface Told extends CountedReport {
  readonly product: number
  readonly surge?: Injected
}

const lotsPerProduct = 6
/** A lot that harms people is told of at least so often, however rare reports of its product are. */
const extraPerDayMin = 0.5

export function simulateSurges(simulation: SurgeSimulation): SurgeScore {
  const random = randomOf(simulation.seed)
  const injected = injectSurges(simulation, random)
  const told = tellAll(simulation, injected, random)
  const opened = judgeAll(told, simulation)
  const found = injected.filter((one) => one.openedAtMs !== undefined)
  const months = (simulation.days - warmUpDays) / 30
  return {
    reports: told.length,
    surges: injected.length,
    found: found.length,
    opened: opened.all,
    falseAlarms: opened.wrong,
    falseAlarmsPerMonth: opened.wrong / months,
    precision: opened.all === 0 ? 1 : (opened.all - opened.wrong) / opened.all,
    recall: injected.length === 0 ? 1 : found.length / injected.length,
    delayDaysMedian: medianOf(found.map((one) => (one.openedAtMs ?? 0) / dayMs - one.fromDay)),
    reportsToFindMedian: medianOf(found.map((one) => one.reportsBefore)),
    lotsRight: found.filter((one) => one.lotRight).length
  }
}

/** Days at the beginning in which nothing is judged, as the past of the products is learnt. */
const warmUpDays = 90

function injectSurges({ surges, products, days, lastsDays }: SurgeSimulation, random: () => number): Injected[] {
  return Array.from({ length: surges }, (_, index) => {
    // Each product surges once at most, so that what is found is one thing.
    const product = Math.floor(((index + random()) * products) / surges)
    const fromDay = warmUpDays + Math.floor(random() * (days - warmUpDays - lastsDays))
    return {
      product,
      lot: `P${product}-L${Math.floor(random() * lotsPerProduct)}`,
      fromDay,
      toDay: fromDay + lastsDays,
      reportsBefore: 0,
      lotRight: false
    }
  })
}

/** Rates from one in ten months to three a month, overdispersed by days that are busier than others. */
function tellAll({ products, days, factor }: SurgeSimulation, injected: readonly Injected[], random: () => number): Told[] {
  const told: Told[] = []
  for (let product = 0; product < products; product += 1) {
    const perDay = 10 ** (random() * 1.5 - 2.5)
    for (let day = 0; day < days; day += 1) {
      const busy = 0.5 + random()
      for (let n = poisson(perDay * busy, random); n > 0; n -= 1)
        told.push(reportOf({ product, lot: `P${product}-L${Math.floor(random() * lotsPerProduct)}`, day, told, random }))
      for (const surge of injected) {
        if (surge.product !== product || day < surge.fromDay || day >= surge.toDay) continue
        const extra = Math.max(perDay * (factor - 1), extraPerDayMin) * busy
        for (let n = poisson(extra, random); n > 0; n -= 1)
          told.push({ ...reportOf({ product, lot: surge.lot, day, told, random }), surge })
      }
    }
  }
  return told.toSorted((left, right) => left.atMs - right.atMs)
}

function reportOf(of: { product: number; lot: string; day: number; told: readonly Told[]; random: () => number }): Told {
  const named = of.random() < 0.9
  return {
    id: `R${of.product}-${of.told.length}`,
    product: of.product,
    atMs: (of.day + of.random()) * dayMs,
    weight: 0.6,
    lots: named ? [of.lot] : [],
    fatal: false
  }
}

function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count += 1
  return count
}

interface Product {
  readonly reports: Told[]
  readonly past: { fromMs: number; toMs: number }[]
  open: { fromMs: number; lastMs: number } | undefined
}

/** As the watch does it: every report asks of its product, an open surge takes further ones in and ends by silence. */
function judgeAll(told: readonly Told[], simulation: SurgeSimulation): { all: number; wrong: number } {
  const parameters = simulation.parameters ?? complaintSurgeDefaults
  const products = new Map<number, Product>()
  const perMonth = (told.length / simulation.days) * 30
  let all = 0
  let wrong = 0
  for (const report of told) {
    const product = products.get(report.product) ?? { reports: [], past: [], open: undefined }
    products.set(report.product, product)
    product.reports.push(report)
    if (report.surge !== undefined && report.surge.openedAtMs === undefined) report.surge.reportsBefore += 1
    if (product.open !== undefined && isOver(product.open.lastMs, report.atMs, parameters)) {
      product.past.push({ fromMs: product.open.fromMs, toMs: product.open.lastMs })
      product.open = undefined
    }
    if (product.open !== undefined) product.open.lastMs = report.atMs
    if (product.open !== undefined || report.atMs < warmUpDays * dayMs) continue
    const surge = findSurge(
      { reports: product.reports, past: product.past, nowMs: report.atMs, sinceMs: 0, reportsPerMonth: perMonth },
      parameters
    )
    if (surge === undefined) continue
    product.open = { fromMs: surge.onsetMs, lastMs: report.atMs }
    all += 1
    const cause = product.reports.findLast((one) => one.surge !== undefined && one.atMs >= surge.onsetMs)?.surge
    if (cause === undefined) wrong += 1
    else if (cause.openedAtMs === undefined) {
      cause.openedAtMs = report.atMs
      cause.lotRight = surge.lots.length === 1 && surge.lots[0] === cause.lot
    }
  }
  return { all, wrong }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
