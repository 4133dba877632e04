/**
 * Keeps the control orders of every point in step with the measures that stand: issues a revision when they or the goods behind them
 * change, publishes it until the broker took it, and notes who applied it. The case store is the truth: everything is found again there.
 */
import { type ControlCase, type ControlEntry, controlChanges, foundKeysMax, isApplied } from '@tracegate/model/control-case'
import { planLists, type PlannedOrder } from '@tracegate/model/control-plan'
import { controlRevisionMetric } from '@tracegate/model/control'
import type { MeasureCase } from '@tracegate/model/measure'
import { isInForce } from '@tracegate/model/measure-reducer'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { Bus } from '@tracegate/service/bus'
import type { MessagePublisher } from '@tracegate/service/ingest'
import type { TelemetryStore } from '@tracegate/store/telemetry-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { Registers } from '../registers.ts'
import type { ControlEvents } from './control-events.ts'
import { controlOrdersOf } from './control-orders.ts'
import { createControlPublisher, roundOf, type SignText } from './control-publisher.ts'
import { expandGoods } from './goods.ts'
import { type ControlBook, machineName, type MeasureBook } from './measure-book.ts'

export interface ControlOfficeOptions {
  readonly measures: MeasureBook
  readonly control: ControlBook
  readonly policy: PolicyBook
  readonly registers: Registers
  readonly trace: TraceStore
  readonly telemetry: TelemetryStore
  readonly bus: Bus
  readonly publisher: MessagePublisher | undefined
  readonly sign?: SignText | undefined
  readonly events: ControlEvents
  readonly nowMs: () => number
  /** Every good of the recall that the measure is about; empty where it is about none. */
  readonly recalled: (measure: MeasureCase) => Promise<readonly string[]>
}

export interface ControlOffice extends AsyncDisposable {
  /** Publishes what holds and follows measures, goods and points from now on. */
  start(): void
  /** Looks at once; resolves when what changed was issued and handed to the broker. With `expand` the trace is asked first. */
  look(options?: { readonly expand?: boolean }): Promise<void>
}

/** Measures that may stand at once; more are told of and left out. */
export const measuresStandingMax = 1_000
/** Events that concern held goods are answered at most so often, and so that the trace is asked for a tenth of the time at the most. */
const eventsAfterMs = 500
const restShare = 9
/** Who applies control orders: a point without any is not silent. */
const listeningKinds: ReadonlySet<string> = new Set(['edge', 'opticalReader', 'rfidReader'])
const lookAgainMs = 5_000

export function createControlOffice(options: ControlOfficeOptions): ControlOffice {
  const { measures, control, policy, bus, events, nowMs } = options
  const found = new Map<string, readonly string[]>()
  const publisher = createControlPublisher(options)
  let heldKeys: ReadonlySet<string> = new Set()
  /** What the last look saw; the same again needs no look at every list. */
  let seen = ''
  let expansions = 0
  const unapplied = new Set<string>()
  let expandAtMs = 0
  let restMs = 0
  let running: Promise<void> = Promise.resolve()
  let soon: NodeJS.Timeout | undefined
  let every: NodeJS.Timeout | undefined
  let closed = false
  const endings: (() => void)[] = []

  async function standing(releaseShownMs: number): Promise<MeasureCase[]> {
    const { items, truncated } = await measures.open(measuresStandingMax)
    if (truncated) events.cut('measures')
    const { items: ended } = await measures.page({ state: 'closed', limit: 200 })
    return [...items, ...ended.filter(({ withdrawn }) => withdrawn !== undefined && nowMs() - withdrawn.atMs <= releaseShownMs)]
  }

  async function expand(standingNow: readonly MeasureCase[]): Promise<void> {
    const startedMs = performance.now()
    const ids = new Set(standingNow.filter(isInForce).map(({ id }) => id))
    for (const id of found.keys()) if (!ids.has(id)) found.delete(id)
    for (const measure of standingNow) {
      if (!ids.has(measure.id) || closed) continue
      // A measure names the first goods of a recall, its control orders all of them.
      const recalled = await options.recalled(measure)
      const { keys, truncated } = await expandGoods(options.trace, [...new Set([...measure.goods, ...recalled])])
      if (truncated) events.cut('goods')
      const named = new Set(measure.goods)
      found.set(measure.id, [...new Set([...recalled.filter((key) => !named.has(key)), ...keys])])
    }
    expansions += 1
    restMs = (performance.now() - startedMs) * restShare
  }

  async function issueAll(standingNow: readonly MeasureCase[], withFound: boolean): Promise<void> {
    const { version, policy: current } = await policy.current()
    const [points, devices] = await Promise.all([options.registers.points(), options.registers.devices()])
    const listening = new Set(devices.filter(({ kind }) => listeningKinds.has(kind)).map(({ point }) => point))
    const sees = `${roundOf(nowMs())} ${version} ${expansions} ${points.map(({ id, operator }) => id + operator).join()} ${standingNow.map(({ id, updatedAtMs }) => id + String(updatedAtMs)).join()}`
    if (sees === seen) return
    const known = new Map((await control.open(10_000)).items.map((one) => [one.point, one]))
    const wanted = controlOrdersOf({
      measures: standingNow,
      policy: current.measures,
      points,
      // Before the trace has been asked, what it told earlier stands.
      found: (id) => found.get(id) ?? (withFound ? [] : keysFoundBefore(known.values(), id)),
      nowMs: nowMs()
    })
    const keys = new Set<string>()
    let owed = false
    for (const point of new Set([...wanted.keys(), ...known.keys()])) {
      const orders = bounded(wanted.get(point) ?? [])
      for (const { ordered, found: more } of orders.entries) for (const key of [...ordered, ...more]) keys.add(key)
      const state = await issue(point, {
        ...orders,
        policyVersion: version,
        applyMs: listening.has(point) ? current.measures.control.applyMs : undefined
      })
      if (state === undefined) continue
      if (isApplied(state)) unapplied.delete(point)
      else unapplied.add(point)
      owed = !(await publisher.publish(state)) || owed
    }
    heldKeys = keys
    seen = owed ? '' : sees
  }

  async function issue(
    point: string,
    wanted: {
      readonly entries: readonly PlannedOrder[]
      readonly cut: number
      readonly policyVersion: number
      readonly applyMs: number | undefined
    }
  ): Promise<ControlCase | undefined> {
    const before = await control.find(point)
    if (before === undefined && wanted.entries.length === 0) return undefined
    if (before !== undefined && controlChanges(before.state.orders, wanted.entries) === undefined) return before.state
    const issued = await control.act({
      id: point,
      by: machineName,
      why: 'measures or the goods behind them changed',
      decide(state) {
        const changes = controlChanges(state?.orders ?? [], wanted.entries)
        if (changes === undefined) return undefined
        // Above every revision that a platform with other data may have issued: agents never go back.
        const revision = Math.max((state?.revision ?? 0) + 1, nowMs())
        const plan = planLists({ point, revision, issuedAtMs: nowMs(), orders: wanted.entries })
        return {
          type: 'issued',
          revision,
          parts: plan.lists.length,
          leftOut: plan.leftOut + wanted.cut,
          ...changes,
          ...(wanted.applyMs === undefined ? {} : { applyByMs: nowMs() + wanted.applyMs }),
          policyVersion: wanted.policyVersion
        }
      }
    })
    events.issued({ point, revision: issued.state.revision, orders: issued.state.orders.length, leftOut: issued.state.leftOut })
    return issued.state
  }

  async function lookNow(withExpansion: boolean): Promise<void> {
    const { policy: current } = await policy.current()
    const standingNow = await standing(current.measures.control.releaseShownMs)
    // What was ordered by name goes out before the trace is asked: that answer may take seconds.
    await issueAll(standingNow, false)
    const isDue = withExpansion || nowMs() >= expandAtMs || standingNow.some((one) => isInForce(one) && !found.has(one.id))
    if (!isDue || closed) return
    await expand(standingNow)
    expandAtMs = nowMs() + current.measures.control.refreshMs
    await issueAll(standingNow, true)
  }

  async function noteApplied(point: string, device: string, revision: number): Promise<void> {
    const before = await control.find(point)
    const known = before?.state.applied.find((one) => one.device === device)
    if (before === undefined || revision > before.state.revision || (known !== undefined && known.revision >= revision)) return
    const { state } = await control.act({
      id: point,
      by: `${point}/${device}`,
      why: `reported by ${controlRevisionMetric}`,
      decide: (now) =>
        now === undefined || now.applied.some((one) => one.device === device && one.revision >= revision)
          ? undefined
          : { type: 'applied', device, revision }
    })
    if (isApplied(state)) unapplied.delete(point)
    events.applied({ point, device, revision, behindMs: isApplied(state) ? nowMs() - state.issuedAtMs : undefined })
  }

  /** Finds again what was told while nobody listened. */
  async function askApplied(): Promise<void> {
    for (const point of unapplied) {
      for (const { series, value } of await options.telemetry.latest(`${point}/`)) {
        const [, device, metric] = /^[^/]+\/([^/]+)\/(.+)$/.exec(series) ?? []
        if (device !== undefined && metric === controlRevisionMetric && Number.isInteger(value)) await noteApplied(point, device, value)
      }
    }
  }

  const queue = (work: () => Promise<void>): Promise<void> => {
    running = running.then(() => (closed ? undefined : work())).catch((error: unknown) => events.failed(error))
    return running
  }
  const look = ({ expand: withExpansion = false }: { readonly expand?: boolean } = {}) => queue(() => lookNow(withExpansion))
  const lookSoon = (afterMs: number, withExpansion: boolean) => {
    soon ??= setTimeout(() => {
      soon = undefined
      void look({ expand: withExpansion })
    }, afterMs)
  }
  const concerns = (event: TraceEvent) =>
    heldKeys.size > 0 && event.subjects.some(({ key, lot }) => heldKeys.has(key) || (lot !== undefined && heldKeys.has(lot)))

  return {
    look,
    start() {
      void look()
      endings.push(
        bus.subscribe('measure', () => void look()),
        bus.subscribe('events', (message) => message.events.some(concerns) && lookSoon(Math.max(eventsAfterMs, restMs), true)),
        bus.subscribe('readings', ({ readings }) => {
          for (const { point, device, metric, value } of readings)
            if (metric === controlRevisionMetric && Number.isInteger(value)) void queue(() => noteApplied(point, device, value))
        })
      )
      every = setInterval(() => {
        void look()
        void queue(askApplied)
      }, lookAgainMs)
      every.unref()
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(soon)
      clearInterval(every)
      for (const end of endings) end()
      await running
    }
  }
}

function keysFoundBefore(known: Iterable<ControlCase>, measure: string): readonly string[] {
  for (const { orders } of known) {
    const entry: ControlEntry | undefined = orders.find(({ head }) => head.reference.measure === measure && head.action !== 'release')
    if (entry !== undefined) return entry.found
  }
  return []
}

/** What the trace found is cut at the bound of a point, the newest order last. */
function bounded(orders: readonly PlannedOrder[]): { readonly entries: readonly PlannedOrder[]; readonly cut: number } {
  let room = foundKeysMax
  let cut = 0
  const entries = orders.map((order) => {
    const found = order.found.slice(0, room)
    room -= found.length
    cut += order.found.length - found.length
    return { ...order, found }
  })
  return { entries, cut }
}
