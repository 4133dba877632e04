/**
 * Sends the notice of a recall that runs to every holder with an e-mail address, at least once. What is owed is found in the cases at every
 * look, and each outcome is a step `contacted`, so that a restart sends what is left and nothing twice. It writes no notice itself.
 */
import { mailChannel, noticeMailOf } from '@tracegate/model/recall-contacts'
import { liveRecallStatuses, type RecallCase } from '@tracegate/model/recall-case'
import { noticeMailDefaults } from '@tracegate/model/policy/recalls'
import type { Policy } from '@tracegate/model/policy/policy'
import type { RecallHolder } from '@tracegate/model/recall-parts'
import type { NoticeMail } from '@tracegate/model/recall-progress'
import type { ContactEntry } from '@tracegate/model/recall-steps'
import { backOffMs } from '@tracegate/service/back-off'
import type { Bus } from '@tracegate/service/bus'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { createBell } from '../epcis/subscriptions/slots.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { senderDomain } from '../publication/alerts.ts'
import type { CarrierOutcome } from '../publication/carriers.ts'
import type { Mailer } from '../publication/mail.ts'
import type { PublicationOffice } from '../publication/office.ts'
import type { RecallOffice } from './recall-office.ts'

export interface NoticeMailOptions {
  readonly recalls: Pick<RecallOffice, 'book' | 'act' | 'notices'>
  readonly publication: Pick<PublicationOffice, 'mailer' | 'base'>
  readonly policy: PolicyBook
  readonly bus: Bus
  readonly logger: Logger
  readonly metrics: Metrics
  readonly nowMs: () => number
}

export interface NoticeMailOffice extends AsyncDisposable {
  start(): void
  /** By holder: what became of its mail, or why none is sent. */
  told(recall: RecallCase): Promise<(holder: string) => { readonly mail?: NoticeMail }>
}

const lookEveryMs = 5_000
const minuteMs = 60_000
/** Mails of one step: few, as a stop between the server's word and the step sends them again. */
const atOnceMax = 8
const recallsMax = 1_000
const machine = 'tracegate/mail'

interface Batch {
  readonly recall: RecallCase
  readonly version: number
  readonly entries: readonly ContactEntry[]
}

export function createNoticeMailOffice(options: NoticeMailOptions): NoticeMailOffice {
  const { recalls, publication, policy, bus, logger, metrics, nowMs } = options
  const mails = metrics.counter({
    name: 'tracegate_api_recall_mails_total',
    help: 'Attempts to mail the notice of a recall',
    labels: ['result']
  })
  const { mailer } = publication
  /** By recall, notice and holder: attempts that failed since the start. What is not in it is due. */
  const waits = new Map<string, { readonly attempts: number; readonly nextAtMs: number }>()
  /** Outcomes that the case store did not take yet: they are kept from being sent again. */
  let unrecorded: Batch[] = []
  let sentMs: number[] = []
  const closing = new AbortController()
  const bell = createBell()
  let running: Promise<void> | undefined
  let endBus: (() => void) | undefined

  const keyOf = (recall: RecallCase, holder: string) => `${recall.id}.${recall.notice?.version ?? 0}.${holder}`
  const settingsOf = (current: Policy) => ({ hasServer: mailer !== undefined, ...(current.recalls.noticeMail ?? noticeMailDefaults) })

  function owedOf(recall: RecallCase, settings: ReturnType<typeof settingsOf>): RecallHolder[] {
    const told = new Set(
      unrecorded.filter((one) => one.recall.id === recall.id).flatMap(({ entries }) => entries.map(({ holder }) => holder))
    )
    return (recall.scope?.holders ?? []).filter((holder) => {
      const { state } = noticeMailOf(recall, holder, settings)
      return (state === 'waiting' || state === 'failed') && !told.has(holder.id)
    })
  }

  async function carry(recall: RecallCase, holder: RecallHolder, { server, domain }: { readonly server: Mailer; readonly domain: string }) {
    try {
      const mail = await recalls.notices.mail({ recall, holder: holder.id, language: 'zh', base: publication.base() })
      const { to, subject, text, html, language } = mail
      if (to === undefined) return { type: 'refused', message: 'the holder has no address' } as const
      // The same at every attempt, so that a mail server or reader can tell a repeat.
      const messageId = `<${`recall.${keyOf(recall, holder.id)}`.replaceAll(/[^\w.-]/g, '_')}@${domain}>`
      return await server.send({ to, subject, text, html, language, messageId })
    } catch (error) {
      logger.error({ recall: recall.id, holder: holder.id, error }, 'the notice of a recall could not be written; it is tried again')
      return { type: 'failed', message: 'the notice could not be written' } as const
    }
  }

  /** What the journal is told: every end, and the first failure only, from which the time to give up counts. */
  function entryOf(
    recall: RecallCase,
    { id: holder }: RecallHolder,
    outcome: CarrierOutcome,
    retry: Policy['channels']['retry']
  ): ContactEntry[] {
    const atMs = nowMs()
    const key = keyOf(recall, holder)
    const attempts = waits.get(key)?.attempts ?? 0
    waits.delete(key)
    const common = { holder, atMs, channel: mailChannel }
    const failed = (failure: string, dead: boolean): ContactEntry[] => {
      mails.add(1, { result: dead ? 'dead' : 'retry' })
      return [{ ...common, status: 'failed', failure: failure.slice(0, 300), dead }]
    }
    switch (outcome.type) {
      case 'delivered':
        mails.add(1, { result: 'sent' })
        return [{ ...common, status: 'sent' }]
      case 'refused':
        return failed(outcome.message, true)
      case 'failed': {
        const contact = recall.contacts[holder]
        const firstMs = contact?.noticeVersion === recall.notice?.version ? contact?.mail?.failedAtMs : undefined
        if (firstMs !== undefined && atMs - firstMs >= retry.deadAfterMs) return failed(outcome.message, true)
        const waitMs = backOffMs(attempts, { minMs: retry.firstMs, maxMs: retry.longestMs }, Math.random())
        waits.set(key, { attempts: attempts + 1, nextAtMs: atMs + waitMs })
        if (firstMs === undefined) return failed(outcome.message, false)
        mails.add(1, { result: 'retry' })
        return []
      }
      default:
        return outcome satisfies never
    }
  }

  async function record({ recall, version, entries }: Batch): Promise<void> {
    await recalls.act({
      id: recall.id,
      type: 'contacted',
      principal: undefined,
      by: machine,
      why: 'notice by e-mail',
      make({ state, policy: current }) {
        // A newer notice goes out by itself, and a recall that has ended takes no more steps.
        if (state.notice?.version !== version || !liveRecallStatuses.has(state.status)) return undefined
        const known = new Set(state.scope?.holders.map(({ id }) => id))
        const kept = entries.filter(({ holder }) => known.has(holder))
        return kept.length === 0 ? undefined : { type: 'contacted', entries: kept, policyVersion: current.version }
      }
    })
  }

  async function flush(): Promise<void> {
    for (const batch of unrecorded) {
      await record(batch)
      unrecorded = unrecorded.filter((one) => one !== batch)
    }
  }

  /** Sends what is due within the pace; gives how long nothing is. */
  async function look(server: Mailer): Promise<number> {
    await flush()
    const { policy: current } = await policy.current()
    const settings = settingsOf(current)
    const { retry, issuer } = current.channels
    const { items } = await recalls.book.page({ state: 'open', limit: recallsMax })
    const owed = items.map((recall) => ({ recall, holders: owedOf(recall, settings) })).filter(({ holders }) => holders.length > 0)
    const keys = new Set(owed.flatMap(({ recall, holders }) => holders.map(({ id }) => keyOf(recall, id))))
    for (const key of waits.keys()) if (!keys.has(key)) waits.delete(key)
    for (const { recall, holders } of owed) {
      const due = holders.filter(({ id }) => (waits.get(keyOf(recall, id))?.nextAtMs ?? 0) <= nowMs())
      sentMs = sentMs.filter((atMs) => nowMs() - atMs < minuteMs)
      const batch = due.slice(0, Math.max(0, Math.min(atOnceMax, settings.perMinuteMax - sentMs.length)))
      if (batch.length === 0 || closing.signal.aborted) continue
      sentMs.push(...batch.map(() => nowMs()))
      const outcomes = await Promise.all(
        batch.map(async (holder) => ({ holder, outcome: await carry(recall, holder, { server, domain: senderDomain(issuer.sender) }) }))
      )
      // A connection cut by our own end says nothing of the mail.
      const told = outcomes.filter(({ outcome }) => outcome.type === 'delivered' || !closing.signal.aborted)
      const entries = told.flatMap(({ holder, outcome }) => entryOf(recall, holder, outcome, retry))
      if (entries.length > 0) unrecorded.push({ recall, version: recall.notice?.version ?? 0, entries })
      await flush()
      if (due.length > batch.length && sentMs.length < settings.perMinuteMax) bell.ring()
    }
    const next = Math.min(...[...waits.values()].map(({ nextAtMs }) => nextAtMs), Number.POSITIVE_INFINITY)
    return Math.max(10, Math.min(lookEveryMs, next - nowMs()))
  }

  async function run(server: Mailer): Promise<void> {
    const { signal } = closing
    while (!signal.aborted) {
      let waitMs = lookEveryMs
      try {
        waitMs = await look(server)
      } catch (error) {
        if (!signal.aborted) logger.error({ error }, 'the look for notices of recalls failed; it is tried again')
      }
      await bell.wait(waitMs, signal)
    }
  }

  return {
    start() {
      if (mailer === undefined) return
      endBus = bus.subscribe('recall', () => bell.ring())
      running = run(mailer)
    },
    async told(recall) {
      const settings = settingsOf((await policy.current()).policy)
      const holders = new Map((recall.scope?.holders ?? []).map((holder) => [holder.id, holder]))
      return (id) => {
        const holder = holders.get(id)
        return holder === undefined ? {} : { mail: noticeMailOf(recall, holder, settings) }
      }
    },
    async [Symbol.asyncDispose]() {
      endBus?.()
      closing.abort(new Error('closing'))
      await running
    }
  }
}
