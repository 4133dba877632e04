/** Puts the exchange together: partners, office and outbox, and ends it. */
import type { Declaration } from '@tracegate/model/supervision/consignment'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import type { Accounts } from '../accounts.ts'
import { createSender, type AllowedDestination } from '../epcis/subscriptions/sender.ts'
import { subscriptionDefaults } from '../epcis/subscriptions/settings.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { CarriedNotice, CarrierOutcome } from '../publication/carriers.ts'
import { createExchangeOffice, type ExchangeOffice } from './exchange-office.ts'
import { createExchangeOutbox } from './exchange-outbox.ts'
import { partnerPrincipal, partnersOf, type ExchangePartnerSettings } from './partners.ts'

export interface ExchangeSettings {
  readonly partners: readonly ExchangePartnerSettings[]
  readonly lookMs?: number
  readonly allowedDestination?: AllowedDestination
}

export interface Exchange extends AsyncDisposable {
  readonly office: ExchangeOffice
  /** The channel `portControl` of a publication. */
  carry(carried: CarriedNotice, port: string): Promise<CarrierOutcome>
  start(): Promise<void>
}

export interface ExchangeOptions {
  readonly cases: CaseStore
  readonly policy: PolicyBook
  readonly accounts: Accounts
  readonly logger: Logger
  readonly metrics: Metrics
  readonly base: () => string
  readonly nowMs: () => number
  readonly declare: (declaration: Declaration, by: string) => Promise<void>
  readonly settings?: ExchangeSettings
}

const lookDefaultMs = 5_000

export function createExchange(options: ExchangeOptions): Exchange {
  const { cases, policy, logger, nowMs, settings } = options
  const partners = partnersOf(settings?.partners ?? [])
  const sender = createSender({
    timeoutMs: subscriptionDefaults.timeoutMs,
    allowedDestination: settings?.allowedDestination ?? subscriptionDefaults.allowedDestination,
    nowMs
  })
  const sent = options.metrics.counter({
    name: 'tracegate_api_exchange_attempts_total',
    help: 'Attempts to send a message of the exchange, by outcome',
    labels: ['outcome']
  })
  const office = createExchangeOffice({
    cases,
    policy,
    partners,
    base: options.base,
    nowMs,
    declare: options.declare,
    onQueued: () => outbox.hurry()
  })
  const outbox = createExchangeOutbox({
    cases,
    policy,
    partners,
    sender,
    nowMs,
    book: office.book,
    random: Math.random,
    lookMs: settings?.lookMs ?? lookDefaultMs,
    onOutcome: (outcome) => sent.add(1, { outcome }),
    onFault: (error) => logger.error({ error }, 'the exchange failed; it is tried again')
  })
  return {
    office,
    async carry({ publication, notice }, port) {
      const ids = await office.instruct(notice, publication.id, port)
      if (ids === undefined)
        return { type: 'failed', message: `no partner of the exchange serves port ${port}, expected one to be configured` }
      return { type: 'delivered', receipt: ids.join(' ') }
    },
    async start() {
      for (const { id, key } of partners)
        if (key !== undefined) await options.accounts.ensureServiceKey(partnerPrincipal(id), key, ['respond'])
      outbox.start()
    },
    async [Symbol.asyncDispose]() {
      await outbox.close()
      sender.close()
    }
  }
}
