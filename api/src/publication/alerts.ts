/**
 * Subscriptions of people and systems: made, confirmed by mail, ended by the link in every mail. All of them are in memory, bounded by the
 * policy. It sends nothing but the question whether a subscription was meant.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { AlertSubscription, type AlertFilter } from '@tracegate/model/alert-subscription'
import { compileValidator } from '@tracegate/model/codec'
import type { AudienceName, ChannelsPolicy } from '@tracegate/model/policy/channels'
import type { Language } from '@tracegate/model/text'
import type { CaseStore } from '@tracegate/store/case-store'
import { publicationError } from './errors.ts'
import type { CarrierOutcome } from './carriers.ts'
import { confirmationMail } from './mail-text.ts'
import type { Mailer } from './mail.ts'

export interface AlertRequest {
  readonly channel: AlertSubscription['channel']
  readonly address: string
  readonly language: Language
  readonly filter: AlertFilter
  readonly rhythm: AlertSubscription['rhythm']
  readonly audience: AudienceName
  readonly drills: boolean
  readonly secret?: string
  readonly by: string
}

export interface AlertBook {
  load(): Promise<void>
  active(): readonly AlertSubscription[]
  all(): readonly AlertSubscription[]
  get(id: string): AlertSubscription | undefined
  /** Rejects with ALERTS_FULL, ALERTS_ADDRESS_FULL. A mail subscription waits for its confirmation. */
  make(request: AlertRequest): Promise<AlertSubscription>
  /** Sends the question anew; the outcome of the mail server. */
  ask(one: AlertSubscription): Promise<CarrierOutcome>
  /** Rejects with ALERT_TOKEN where the two do not belong together. */
  confirm(id: string, token: string): Promise<AlertSubscription>
  end(id: string, token: string | undefined): Promise<AlertSubscription>
  /** Forgets those that nobody confirmed in time, and those ended a month ago. */
  sweep(): Promise<void>
}

export interface AlertBookOptions {
  readonly cases: CaseStore
  readonly policy: () => Promise<ChannelsPolicy>
  readonly mailer: Mailer | undefined
  readonly base: () => string
  readonly nowMs: () => number
}

const rows = compileValidator(AlertSubscription)
const register = 'alertSubscriptions'
const keptAfterEndMs = 30 * 86_400_000

export function createAlertBook(options: AlertBookOptions): AlertBook {
  const { cases, nowMs } = options
  const byId = new Map<string, AlertSubscription>()

  async function keep(one: AlertSubscription): Promise<AlertSubscription> {
    await cases.put(register, one.id, one)
    byId.set(one.id, one)
    return one
  }

  function require(id: string, token: string | undefined): AlertSubscription {
    const one = byId.get(id)
    if (one === undefined || (token !== undefined && !isSame(one.token, token))) throw publicationError('ALERT_TOKEN')
    return one
  }

  async function requireRoom(address: string): Promise<void> {
    const { subscriptions } = await options.policy()
    const kept = [...byId.values()].filter(({ status }) => status !== 'stopped')
    if (kept.length >= subscriptions.max) throw publicationError('ALERTS_FULL', { count: kept.length, max: subscriptions.max })
    const own = kept.filter((one) => one.address.toLowerCase() === address.toLowerCase()).length
    if (own >= subscriptions.perAddressMax) throw publicationError('ALERTS_ADDRESS_FULL', { count: own, max: subscriptions.perAddressMax })
  }

  async function ask(one: AlertSubscription): Promise<CarrierOutcome> {
    if (options.mailer === undefined) return { type: 'failed', message: 'no mail server is configured' }
    const { issuer } = await options.policy()
    const base = options.base()
    const link = `${base}/alerts/${one.id}/confirm?token=${one.token}`
    const mail = confirmationMail(link, one.language, { base, issuer: issuer.name })
    return options.mailer.send({
      ...mail,
      to: one.address,
      language: one.language,
      messageId: `<confirm-${one.id}@${senderDomain(issuer.sender)}>`
    })
  }

  return {
    async load() {
      for (const row of await cases.list(register)) {
        const read = rows.check(row.document)
        if (read.ok) byId.set(read.value.id, read.value)
      }
    },
    active: () => [...byId.values()].filter(({ status }) => status === 'active'),
    all: () => [...byId.values()].toSorted((one, other) => one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1)),
    get: (id) => byId.get(id),
    ask,
    async make(request) {
      await requireRoom(request.address)
      const { secret, ...rest } = request
      const id = randomBytes(12).toString('base64url')
      const atMs = nowMs()
      // Whoever asks for a webhook has signed in; a mail address can be anybody's.
      const confirmed = request.channel === 'webhook'
      return keep({
        id,
        ...rest,
        status: confirmed ? 'active' : 'waiting',
        token: randomBytes(24).toString('base64url'),
        ...(secret === undefined ? {} : { secret }),
        createdAtMs: atMs,
        ...(confirmed ? { confirmedAtMs: atMs } : {})
      })
    },
    async confirm(id, token) {
      const one = require(id, token)
      if (one.status !== 'waiting') return one
      return keep({ ...one, status: 'active', confirmedAtMs: nowMs() })
    },
    async end(id, token) {
      const one = require(id, token)
      return one.status === 'stopped' ? one : keep({ ...one, status: 'stopped', endedAtMs: nowMs() })
    },
    async sweep() {
      const { subscriptions } = await options.policy()
      const atMs = nowMs()
      for (const one of byId.values()) {
        const isStale = one.status === 'waiting' && atMs - one.createdAtMs > subscriptions.confirmWithinMs
        const isOld = one.status === 'stopped' && atMs - (one.endedAtMs ?? one.createdAtMs) > keptAfterEndMs
        if (!isStale && !isOld) continue
        byId.delete(one.id)
        await cases.remove(register, one.id)
      }
    }
  }
}

/** Where `sender` is an address or a domain, its domain. */
export function senderDomain(sender: string): string {
  const domain = sender.slice(sender.lastIndexOf('@') + 1)
  return /^[a-z0-9.-]+$/i.test(domain) ? domain : 'tracegate.invalid'
}

function isSame(wanted: string, given: string): boolean {
  const [one, other] = [Buffer.from(wanted), Buffer.from(given)]
  return one.length === other.length && timingSafeEqual(one, other)
}
