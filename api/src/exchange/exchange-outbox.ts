/** Posts what waits for a partner until it is taken, found in the case store at every look. It holds no message. */
import { compileValidator } from '@tracegate/model/codec'
import { ExchangeMessage, type ExchangeStep } from '@tracegate/model/exchange'
import { backOffMs } from '@tracegate/service/back-off'
import type { CaseStore } from '@tracegate/store/case-store'
import { signatureOf } from '../epcis/subscriptions/signature.ts'
import type { Sender } from '../epcis/subscriptions/sender.ts'
import { createBell } from '../epcis/subscriptions/slots.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { ExchangeBook } from './exchange-office.ts'
import type { ExchangePartner } from './partners.ts'

export interface ExchangeOutboxOptions {
  readonly cases: CaseStore
  readonly book: ExchangeBook
  readonly policy: PolicyBook
  readonly partners: readonly ExchangePartner[]
  readonly sender: Sender
  readonly nowMs: () => number
  readonly random: () => number
  readonly lookMs: number
  readonly onOutcome: (status: string) => void
  readonly onFault: (error: unknown) => void
}

export interface ExchangeOutbox {
  start(): void
  hurry(): void
  close(): Promise<void>
}

const messages = compileValidator(ExchangeMessage)
const pageSize = 200
/** Messages of one look; the rest has its turn at the next. */
const perLookMax = 1_000

export function createExchangeOutbox(options: ExchangeOutboxOptions): ExchangeOutbox {
  const { book, nowMs } = options
  const closing = new AbortController()
  const bell = createBell()
  let running: Promise<void> | undefined

  async function waiting(): Promise<ExchangeMessage[]> {
    const found: ExchangeMessage[] = []
    let cursor: string | undefined
    do {
      const page = await options.cases.heads({ kind: 'exchange', open: true, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })
      for (const { state } of page.heads) {
        const read = messages.check(state)
        if (read.ok && read.value.direction === 'out' && read.value.status === 'waiting') found.push(read.value)
      }
      cursor = page.next
    } while (cursor !== undefined && found.length < perLookMax)
    // Older ones first: an instruction must not be overtaken by its own end.
    return found.toSorted((one, other) => one.atMs - other.atMs)
  }

  async function attempt(message: ExchangeMessage): Promise<void> {
    const step = await outcomeOf(message)
    options.onOutcome(step.type === 'attempted' ? step.status : 'none')
    await book.act({ id: message.id, by: 'tracegate', why: 'delivery', decide: () => step })
  }

  async function outcomeOf(message: ExchangeMessage): Promise<ExchangeStep> {
    const partner = options.partners.find(({ id }) => id === message.partner)
    const { retry } = (await options.policy.current()).policy.exchange
    const failed = (failure: string): ExchangeStep => {
      const atMs = nowMs()
      if (atMs - (message.firstTriedAtMs ?? atMs) >= retry.deadAfterMs) return { type: 'attempted', status: 'dead', failure }
      const waitMs = backOffMs(message.attempts, { minMs: retry.firstMs, maxMs: retry.longestMs }, options.random())
      return { type: 'attempted', status: 'waiting', nextAtMs: atMs + waitMs, failure }
    }
    if (partner?.url === undefined) return failed(`partner ${message.partner} has no address configured`)
    const body = JSON.stringify(message.content)
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': message.messageId,
      'tracegate-message': message.id,
      'tracegate-schema': `${message.type}-${message.schemaVersion}`,
      ...(partner.key === undefined
        ? {}
        : { authorization: `Bearer ${partner.key}`, 'tracegate-signature': signatureOf({ secret: partner.key, body, atMs: nowMs() }) })
    }
    const outcome = await options.sender.send({ url: partner.url, headers, body, signal: closing.signal })
    if (outcome.type === 'delivered') return { type: 'attempted', status: 'sent' }
    return failed(outcome.type === 'failed' ? outcome.message : `the partner answered ${outcome.type === 'gone' ? 410 : 413}`)
  }

  async function look(): Promise<number | undefined> {
    const all = await waiting()
    const blocked = new Set<string>()
    for (const message of all) {
      if (closing.signal.aborted) return undefined
      // One partner gets its messages in order: what waits holds up what came after it, and nobody else.
      if (blocked.has(message.partner)) continue
      if ((message.nextAtMs ?? 0) > nowMs()) {
        blocked.add(message.partner)
        continue
      }
      await attempt(message)
      const kept = await book.find(message.id)
      if (kept?.state.status === 'waiting') blocked.add(message.partner)
    }
    const times = all.flatMap(({ nextAtMs }) => nextAtMs ?? [])
    return times.length === 0 ? undefined : Math.min(...times)
  }

  async function run(): Promise<void> {
    const { signal } = closing
    while (!signal.aborted) {
      let nextMs: number | undefined
      try {
        nextMs = await look()
      } catch (error) {
        if (!signal.aborted) options.onFault(error)
      }
      const dueMs = nextMs === undefined || nextMs <= nowMs() ? options.lookMs : Math.min(options.lookMs, nextMs - nowMs())
      await bell.wait(dueMs, signal)
    }
  }

  return {
    start() {
      running ??= run()
    },
    hurry: () => bell.ring(),
    async close() {
      closing.abort(new Error('closing'))
      await running
    }
  }
}
