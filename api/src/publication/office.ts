/**
 * The office of publication: finds in the case store what was published and not yet sent out, makes its publications, and keeps the outbox
 * going. The bus only hurries it: what matters is found by looking.
 */
import type { Bus } from '@tracegate/service/bus'
import type { MessagePublisher } from '@tracegate/service/ingest'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import { createSender, type AllowedDestination } from '../epcis/subscriptions/sender.ts'
import { subscriptionDefaults } from '../epcis/subscriptions/settings.ts'
import { createBell } from '../epcis/subscriptions/slots.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { Registers } from '../registers.ts'
import { createAlertBook, senderDomain, type AlertBook } from './alerts.ts'
import { carryWebhook, type CarriedNotice, type CarrierOutcome } from './carriers.ts'
import { createPublicationEvents } from './events.ts'
import { createNoticeLookup, type NoticeLookup } from './lookup.ts'
import { createMailer, type Mailer, type MailSettings } from './mail.ts'
import { noticeMail } from './mail-text.ts'
import { createMqttCarrier } from './mqtt.ts'
import { createNoticeIndex, type NoticeIndex } from './notice-index.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createFinder } from './finder.ts'
import { createPublicationBook, type PublicationBook } from './publications.ts'

export interface PublicationSettings {
  /** Address that people reach this server under, such as `https://warnings.example.org`; without it the address it listens on. */
  readonly publicUrl?: string
  readonly mail?: MailSettings
  /** Signs webhooks to the fixed receivers of the policy. */
  readonly webhookSecret?: string
  readonly allowedDestination?: AllowedDestination
  /** How often the case store is looked through without being told. */
  readonly lookMs?: number
}

export interface PublicationOffice {
  readonly index: NoticeIndex
  readonly book: PublicationBook
  readonly alerts: AlertBook
  readonly lookup: NoticeLookup
  readonly hasMail: boolean
  /** Undefined without a mail server; closed with the office. */
  readonly mailer: Mailer | undefined
  /** Without a slash at its end. */
  base(): string
  start(url: string): Promise<void>
  /** Deliveries that still wait, of all parts. */
  waiting(): number
  /** Has the dead deliveries of a publication tried again. */
  resume(id: string, by: string, deliveries: readonly string[]): Promise<void>
  hurry(): void
  close(): Promise<void>
}

export interface PublicationOfficeOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly publisher: MessagePublisher | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  readonly nowMs: () => number
  readonly settings?: PublicationSettings
  /** Takes a bulletin to a port; without it the channel fails and waits. */
  readonly portControl?: (carried: CarriedNotice, port: string) => Promise<CarrierOutcome>
}

const lookDefaultMs = 5_000
const sweepEveryMs = 3_600_000

export function createPublicationOffice(options: PublicationOfficeOptions): PublicationOffice {
  const { cases, bus, nowMs, settings = {} } = options
  const events = createPublicationEvents(options)
  const index = createNoticeIndex()
  const book = createPublicationBook(cases, nowMs)
  const mailer: Mailer | undefined = settings.mail === undefined ? undefined : createMailer(settings.mail)
  const allowedDestination = settings.allowedDestination ?? subscriptionDefaults.allowedDestination
  const sender = createSender({ timeoutMs: subscriptionDefaults.timeoutMs, allowedDestination, nowMs })
  let url = settings.publicUrl?.replace(/\/+$/, '')
  const base = () => url ?? 'http://localhost'
  const channelPolicy = async () => (await options.policy.current()).policy.channels
  const alerts = createAlertBook({ cases, policy: channelPolicy, mailer, base, nowMs })
  // Its base is known only after the server listens.
  const mqtt = () => createMqttCarrier({ publisher: options.publisher, index, base: base(), nowMs })
  const outbox: Outbox = createOutbox({
    cases,
    book,
    policy: channelPolicy,
    subscription: (id) => alerts.get(id),
    nowMs,
    random: Math.random,
    onOutcome: (channel, result) => events.delivered(channel, result),
    onFault: (error) => events.failed({ what: 'a delivery', error }),
    carriers: {
      webhook: (carried, delivery, signal) =>
        carryWebhook(
          carried,
          { delivery, subscription: delivery.subscription === undefined ? undefined : alerts.get(delivery.subscription), signal },
          { sender, base: base(), secret: settings.webhookSecret, nowMs }
        ),
      mqtt: ({ notice }) => mqtt().carry(notice),
      portControl: async (carried, port) =>
        options.portControl === undefined
          ? { type: 'failed', message: 'this process has no exchange with ports' }
          : options.portControl(carried, port),
      async email(notices, { address, subscription, key }) {
        if (mailer === undefined) return { type: 'failed', message: 'no mail server is configured' }
        const { issuer } = await channelPolicy()
        const unsubscribe =
          subscription === undefined ? {} : { unsubscribe: `${base()}/alerts/${subscription.id}/end?token=${subscription.token}` }
        const language = subscription?.language ?? 'zh'
        const parts = noticeMail(notices, language, { base: base(), issuer: issuer.name, ...unsubscribe })
        const messageId = `<${key.replaceAll(/[^\w.-]/g, '_')}@${senderDomain(issuer.sender)}>`
        return mailer.send({ ...parts, to: address, language, messageId, ...unsubscribe })
      }
    }
  })

  const finder = createFinder({
    cases,
    book,
    index,
    registers: options.registers,
    policy: options.policy,
    alerts,
    base,
    nowMs,
    onMade(ids, channels) {
      outbox.take(ids)
      events.published({ id: ids[0] ?? '', channels })
    },
    onFault: (what, error) => events.failed({ what, error })
  })

  const closing = new AbortController()
  const bell = createBell()
  let running: Promise<void> | undefined
  let sweptMs = nowMs()

  async function run(): Promise<void> {
    const { signal } = closing
    while (!signal.aborted) {
      let nextMs: number | undefined
      try {
        await finder.look()
        nextMs = await outbox.turn(signal)
        if (nowMs() - sweptMs > sweepEveryMs) {
          sweptMs = nowMs()
          await alerts.sweep()
        }
      } catch (error) {
        if (!signal.aborted) events.failed({ what: 'the look into the case store', error })
      }
      const waitMs = Math.min(
        settings.lookMs ?? lookDefaultMs,
        nextMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nextMs - nowMs())
      )
      await bell.wait(waitMs, signal)
    }
  }

  const endings = [
    bus.subscribe('warning', () => bell.ring()),
    bus.subscribe('recall', () => bell.ring()),
    bus.subscribe('anomaly', ({ anomaly }) => {
      mqtt()
        .anomaly(anomaly)
        .catch((error: unknown) => events.failed({ what: 'an anomaly on MQTT', error }))
    })
  ]

  return {
    index,
    book,
    alerts,
    lookup: createNoticeLookup(index, book),
    hasMail: mailer !== undefined,
    mailer,
    base,
    waiting: () => outbox.waiting,
    hurry: () => bell.ring(),
    async start(ownUrl) {
      url ??= ownUrl
      await Promise.all([finder.load(), alerts.load()])
      await outbox.load()
      await mqtt()
        .republish()
        .catch((error: unknown) => events.failed({ what: 'what is in force on MQTT', error }))
      running = run()
    },
    async resume(id, by, deliveries) {
      await book.act({ id, by, why: 'sent again', decide: () => ({ type: 'resumed', deliveries: [...deliveries] }) })
      outbox.take([id])
      bell.ring()
    },
    async close() {
      for (const end of endings) end()
      closing.abort(new Error('closing'))
      sender.close()
      mailer?.close()
      await running
    }
  }
}
