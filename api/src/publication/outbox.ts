/**
 * Brings every delivery to its channel, at least once: what waits is found in the case store, tried when it is due, tried again with growing
 * waits, and put aside as dead when it failed too long. It holds places in memory only, so a restart loses nothing.
 */
import type { AlertSubscription } from '@tracegate/model/alert-subscription'
import type { PublicNotice } from '@tracegate/model/notice'
import type { ChannelsPolicy } from '@tracegate/model/policy/channels'
import type { Delivery, DeliveryOutcome, PublicationCase } from '@tracegate/model/publication'
import { backOffMs } from '@tracegate/service/back-off'
import type { CaseStore } from '@tracegate/store/case-store'
import { createSlots } from '../epcis/subscriptions/slots.ts'
import type { CarriedNotice, CarrierOutcome } from './carriers.ts'
import { createMailPace, type MailPace } from './mail-pace.ts'
import { machine, publicationCases, type PublicationBook } from './publications.ts'

interface Carriers {
  webhook(carried: CarriedNotice, delivery: Delivery, signal: AbortSignal): Promise<CarrierOutcome>
  /** One mail with all of them. */
  email(
    notices: readonly PublicNotice[],
    to: { readonly address: string; readonly subscription: AlertSubscription | undefined; readonly key: string }
  ): Promise<CarrierOutcome>
  mqtt(carried: CarriedNotice): Promise<CarrierOutcome>
  portControl(carried: CarriedNotice, port: string): Promise<CarrierOutcome>
}

export interface OutboxOptions {
  readonly cases: CaseStore
  readonly book: PublicationBook
  readonly carriers: Carriers
  readonly subscription: (id: string) => AlertSubscription | undefined
  readonly policy: () => Promise<ChannelsPolicy>
  readonly nowMs: () => number
  readonly random: () => number
  readonly onOutcome: (channel: Delivery['channel'], result: DeliveryOutcome['status'] | 'retry') => void
  readonly onFault: (error: unknown) => void
}

export interface Outbox {
  /** Parts that have something to deliver. */
  take(ids: readonly string[]): void
  /** Reads every open part from the store. */
  load(): Promise<void>
  /** Delivers what is due; resolves with when the next thing is due. */
  turn(signal: AbortSignal): Promise<number | undefined>
  readonly waiting: number
}

/** Deliveries under way at once, over all channels. */
const atOnceMax = 16
/** Parts of one turn; the rest comes in the next one. */
const partsPerTurnMax = 64
const pageSize = 500

interface Task {
  readonly part: PublicationCase
  readonly delivery: Delivery
  readonly carried: CarriedNotice
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { book, nowMs } = options
  /** By part: when it has something to do. */
  const due = new Map<string, number>()
  const slots = createSlots(atOnceMax)
  const pace = createMailPace(options.nowMs)

  async function load(): Promise<void> {
    let cursor: string | undefined
    do {
      const page = await options.cases.heads({
        kind: 'publication',
        open: true,
        limit: pageSize,
        ...(cursor === undefined ? {} : { cursor })
      })
      for (const { state } of page.heads) {
        const read = publicationCases.check(state)
        if (read.ok) note(read.value)
      }
      cursor = page.next
    } while (cursor !== undefined)
  }

  /** The dead ones wait for a person, not for a time. */
  function note(part: PublicationCase): void {
    const times = part.deliveries.filter(({ status }) => status === 'waiting').map((one) => one.nextAtMs ?? 0)
    if (times.length === 0) due.delete(part.id)
    else due.set(part.id, Math.min(...times))
  }

  async function tasksOf(ids: readonly string[], atMs: number): Promise<Task[]> {
    const tasks: Task[] = []
    for (const id of ids) {
      const part = (await book.find(id))?.state
      const whole = part === undefined || part.part === 0 ? part : (await book.find(part.of))?.state
      if (part === undefined || whole?.notice === undefined) {
        // A part whose part 0 was never made: the publication is made again by whoever finds it missing.
        due.delete(id)
        continue
      }
      const carried = { publication: whole, notice: whole.notice }
      for (const delivery of part.deliveries)
        if (delivery.status === 'waiting' && (delivery.nextAtMs ?? 0) <= atMs) tasks.push({ part, delivery, carried })
    }
    return tasks
  }

  async function settle(tasks: readonly Task[], outcomeOf: (task: Task) => DeliveryOutcome | undefined): Promise<void> {
    const byPart = Map.groupBy(tasks, ({ part }) => part.id)
    for (const [id, list] of byPart) {
      const outcomes = list.flatMap((task) => outcomeOf(task) ?? [])
      if (outcomes.length === 0) continue
      const kept = await book.act({ id, by: machine, why: 'delivery', decide: () => ({ type: 'attempted', outcomes }) })
      note(kept.state)
    }
  }

  async function turn(signal: AbortSignal): Promise<number | undefined> {
    const atMs = nowMs()
    const ids = [...due].filter(([, dueAtMs]) => dueAtMs <= atMs).toSorted(([, one], [, other]) => one - other)
    const chosen = ids.slice(0, partsPerTurnMax).map(([id]) => id)
    const tasks = await tasksOf(chosen, atMs)
    const { retry, subscriptions } = await options.policy()
    const outcomes = new Map<Task, DeliveryOutcome>()
    const settleTask = (task: Task, outcome: CarrierOutcome) => {
      const result = resultOf(task.delivery, outcome, { retry, atMs: nowMs(), random: options.random() })
      options.onOutcome(task.delivery.channel, result.status === 'waiting' ? 'retry' : result.status)
      outcomes.set(task, result)
    }
    const mails = Map.groupBy(
      tasks.filter(({ delivery }) => delivery.channel === 'email'),
      ({ delivery }) => (delivery.to ?? '').toLowerCase()
    )
    const jobs = [
      ...[...mails].map(
        ([address, list]) =>
          () =>
            carryMails(address, list, { options, pace, subscriptions, settleTask })
      ),
      ...tasks
        .filter(({ delivery }) => delivery.channel !== 'email')
        .map((task) => async () => settleTask(task, await carryOne(task, options, signal)))
    ]
    await runAll(jobs, slots, signal, options.onFault)
    await settle(tasks, (task) => outcomes.get(task))
    // What a pace holds back has no outcome: it is due when the address may have its next mail.
    for (const { part, delivery } of tasks) {
      const untilMs = pace.heldUntilMs(delivery.channel === 'email' ? (delivery.to ?? '') : undefined)
      if (untilMs !== undefined && due.has(part.id)) due.set(part.id, Math.max(untilMs, nowMs() + 1))
    }
    return due.size === 0 ? undefined : Math.min(...due.values())
  }

  return {
    load,
    turn,
    take(ids) {
      for (const id of ids) due.set(id, Math.min(due.get(id) ?? Number.POSITIVE_INFINITY, nowMs()))
    },
    get waiting() {
      return due.size
    }
  }
}

async function runAll(
  jobs: readonly (() => Promise<void>)[],
  slots: ReturnType<typeof createSlots>,
  signal: AbortSignal,
  onFault: (error: unknown) => void
): Promise<void> {
  await Promise.all(
    jobs.map(async (job) => {
      try {
        const release = await slots.take(signal)
        try {
          await job()
        } finally {
          release()
        }
      } catch (error) {
        if (!signal.aborted) onFault(error)
      }
    })
  )
}

async function carryOne({ carried, delivery }: Task, { carriers }: OutboxOptions, signal: AbortSignal): Promise<CarrierOutcome> {
  switch (delivery.channel) {
    case 'webhook':
      return carriers.webhook(carried, delivery, signal)
    case 'mqtt':
      return carriers.mqtt(carried)
    case 'portControl':
      return carriers.portControl(carried, delivery.to ?? 'all')
    case 'email':
    case 'cap':
    case 'atom':
    case 'page':
      return { type: 'delivered' }
    default:
      return delivery.channel satisfies never
  }
}

interface MailWork {
  readonly options: OutboxOptions
  readonly pace: MailPace
  readonly subscriptions: ChannelsPolicy['subscriptions']
  readonly settleTask: (task: Task, outcome: CarrierOutcome) => void
}

/** What waits for one address goes as one mail; past its pace everything waits and becomes a digest. */
async function carryMails(address: string, tasks: readonly Task[], { options, pace, subscriptions, settleTask }: MailWork): Promise<void> {
  const [first] = tasks
  if (first === undefined) return
  const ended = tasks.filter(({ delivery }) => isEnded(delivery, options))
  for (const task of ended) settleTask(task, { type: 'refused', message: 'the subscription has ended' })
  const rest = tasks.filter((task) => !ended.includes(task))
  if (rest.length === 0 || !pace.mayGo(address, subscriptions)) return
  const subscription = rest.map(({ delivery }) => options.subscription(delivery.subscription ?? '')).find((one) => one !== undefined)
  const notices = rest.map(({ carried }) => carried.notice)
  const key =
    rest.length === 1
      ? `${first.carried.publication.id}.${first.delivery.id}`
      : `digest.${first.carried.publication.id}.${first.delivery.id}`
  const outcome = await options.carriers.email(notices, { address: first.delivery.to ?? address, subscription, key })
  if (outcome.type === 'delivered') pace.went(address)
  for (const task of rest) settleTask(task, outcome)
}

function isEnded({ subscription }: Delivery, options: OutboxOptions): boolean {
  return subscription !== undefined && options.subscription(subscription)?.status !== 'active'
}

interface Circumstances {
  readonly retry: ChannelsPolicy['retry']
  readonly atMs: number
  readonly random: number
}

const lineMax = 500

/** What follows from an attempt. Pure. */
function resultOf(delivery: Delivery, outcome: CarrierOutcome, { retry, atMs, random }: Circumstances): DeliveryOutcome {
  const { id } = delivery
  switch (outcome.type) {
    case 'delivered':
      return { id, status: 'delivered', ...(outcome.receipt === undefined ? {} : { receipt: outcome.receipt.slice(0, lineMax) }) }
    case 'refused':
      return { id, status: 'dead', failure: outcome.message.slice(0, lineMax) }
    case 'failed': {
      const failure = outcome.message.slice(0, lineMax)
      if (atMs - (delivery.firstTriedAtMs ?? atMs) >= retry.deadAfterMs) return { id, status: 'dead', failure }
      const asked = Math.min(outcome.retryAfterMs ?? 0, retry.longestMs)
      const waitMs = Math.max(asked, backOffMs(delivery.attempts, { minMs: retry.firstMs, maxMs: retry.longestMs }, random))
      return { id, status: 'waiting', nextAtMs: atMs + waitMs, failure }
    }
    default:
      return outcome satisfies never
  }
}
