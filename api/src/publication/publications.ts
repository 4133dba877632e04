/**
 * Makes the publications of a case that are missing: one for each edition, with its CAP message and every delivery that the policy asks for.
 * Whatever went wrong before, doing it again makes what is missing and nothing twice. It delivers nothing.
 */
import { createHash } from 'node:crypto'
import type { CapReference } from '@tracegate/model/cap'
import { capOfNotice } from '@tracegate/model/cap-notice'
import { writeCap } from '@tracegate/model/cap-write'
import { compileValidator } from '@tracegate/model/codec'
import { matchesSubscription, type AlertSubscription } from '@tracegate/model/alert-subscription'
import { noticePath, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { ChannelName, ChannelsPolicy } from '@tracegate/model/policy/channels'
import {
  deliveriesMax,
  isOpenPublication,
  PublicationCase,
  PublicationStep,
  reducePublication,
  type Delivery,
  type MadeStep
} from '@tracegate/model/publication'
import type { Party } from '@tracegate/model/registers'
import type { CaseStore } from '@tracegate/store/case-store'
import { createCaseBook, type CaseBook } from '../cases/case-book.ts'
import { receiversOf } from './channel-rows.ts'

export type PublicationBook = CaseBook<PublicationCase, PublicationStep>

export const publicationCases = compileValidator(PublicationCase)
export const machine = 'tracegate'

export function createPublicationBook(cases: CaseStore, nowMs: () => number): PublicationBook {
  return createCaseBook({
    cases,
    kind: 'publication',
    what: 'publication',
    state: PublicationCase,
    step: PublicationStep,
    reduce: reducePublication,
    action: (step) => step.type,
    isOpen: isOpenPublication,
    nowMs
  })
}

export interface MakeOptions {
  readonly book: PublicationBook
  readonly notice: PublicNotice
  readonly channels: readonly ChannelName[]
  readonly policy: ChannelsPolicy
  readonly policyVersion: number
  readonly base: string
  readonly subscriptions: readonly AlertSubscription[]
  readonly parties: readonly Party[]
  /** When the next daily mails go. */
  readonly dailyAtMs: number
}

/** Resolves with part 0, be it made now or before, and the ids of the further parts. */
export async function makePublication(
  options: MakeOptions
): Promise<{ readonly made: PublicationCase; readonly parts: readonly string[] }> {
  const { book, notice } = options
  const id = publicationId(notice)
  const found = await book.find(id)
  if (found !== undefined) return { made: found.state, parts: partIds(found.state) }
  const wanted = deliveriesOf(options)
  const chunks = [wanted.slice(0, deliveriesMax)]
  const known = await earlierParts(book, id)
  const knownIds = new Set(known.flatMap(({ deliveries }) => deliveries.map((one) => one.id)))
  const rest = wanted.slice(deliveriesMax).filter((one) => !knownIds.has(one.id))
  for (let at = 0; at < rest.length; at += deliveriesMax) chunks.push(rest.slice(at, at + deliveriesMax))
  const parts = known.length + chunks.length
  // Part 0 comes last: when it is there, everything is.
  for (let index = 1; index < chunks.length; index += 1) {
    const part = known.length + index
    await make(book, `${id}~${part}`, {
      type: 'made',
      of: id,
      part,
      parts,
      deliveries: chunks[index] ?? [],
      policyVersion: options.policyVersion
    })
  }
  const cap = options.channels.includes('cap') ? { cap: await capFile(options) } : {}
  const step: MadeStep = {
    type: 'made',
    of: id,
    part: 0,
    parts,
    notice,
    ...cap,
    deliveries: chunks[0] ?? [],
    policyVersion: options.policyVersion
  }
  const made = await make(book, id, step)
  return { made, parts: partIds(made) }
}

function partIds({ id, parts }: PublicationCase): string[] {
  return Array.from({ length: parts - 1 }, (_, index) => `${id}~${index + 1}`)
}

async function make(book: PublicationBook, id: string, step: MadeStep): Promise<PublicationCase> {
  const { state } = await book.act({ id, by: machine, why: 'publication', decide: (before) => (before === undefined ? step : undefined) })
  return state
}

/** Parts that an attempt before this one had made. */
async function earlierParts(book: PublicationBook, id: string): Promise<PublicationCase[]> {
  const found: PublicationCase[] = []
  for (;;) {
    const part = await book.find(`${id}~${found.length + 1}`)
    if (part === undefined) return found
    found.push(part.state)
  }
}

async function capFile(options: MakeOptions): Promise<NonNullable<MadeStep['cap']>> {
  const { notice, policy, base } = options
  const earlier = await earlierMessages(options)
  const alert = capOfNotice(notice, { issuer: policy.issuer, utcOffset: policy.utcOffset, base, earlier })
  const xml = writeCap(alert)
  const bytes = Buffer.byteLength(xml)
  const sha256 = createHash('sha256').update(xml).digest('hex')
  return { identifier: alert.identifier, sender: alert.sender, sent: alert.sent, sha256, bytes, xml }
}

/** As they were sent: the policy may name another sender today. */
async function earlierMessages({ book, notice }: MakeOptions): Promise<CapReference[]> {
  const references: CapReference[] = []
  for (let edition = 1; edition < notice.edition; edition += 1) {
    const before = await book.find(publicationId({ number: notice.number, edition }))
    const cap = before?.state.cap
    if (cap !== undefined) references.push({ sender: cap.sender, identifier: cap.identifier, sent: cap.sent })
  }
  return references
}

const atOnce: ReadonlySet<ChannelName> = new Set(['cap', 'atom', 'page'])

/** One delivery a channel and address, whoever asked for it how often. */
function deliveriesOf(options: Omit<MakeOptions, 'book' | 'base' | 'policyVersion'>): Delivery[] {
  const { notice, channels, policy } = options
  const byId = new Map<string, Delivery>()
  const put = (one: Pick<Delivery, 'channel'> & Partial<Delivery>, key: string) => {
    const id = `${one.channel}${key === '' ? '' : `-${digest(key)}`}`
    if (!byId.has(id)) byId.set(id, { id, status: 'waiting', attempts: 0, ...one })
  }
  for (const channel of channels) {
    // Being in the store is being served: there is no later moment at which it could fail.
    if (atOnce.has(channel))
      put(
        {
          channel,
          status: 'delivered',
          attempts: 1,
          firstTriedAtMs: notice.atMs,
          doneAtMs: notice.atMs,
          receipt: servedAt(channel, notice)
        },
        ''
      )
    else if (channel === 'mqtt') put({ channel }, '')
    else if (channel === 'portControl')
      for (const port of notice.ports.length === 0 ? ['all'] : notice.ports) put({ channel, to: port }, port)
  }
  for (const { channel, address } of receiversOf(policy, notice, channels)) put({ channel, to: address }, address)
  for (const { email } of addressedParties(options)) if (email !== undefined) put({ channel: 'email', to: email }, email)
  for (const one of options.subscriptions) {
    if (one.status !== 'active' || !channels.includes(one.channel) || !matchesSubscription(one, notice)) continue
    const later = one.channel === 'email' && one.rhythm === 'daily' ? { nextAtMs: options.dailyAtMs } : {}
    put({ channel: one.channel, to: one.address, subscription: one.id, ...later }, one.address)
  }
  return [...byId.values()]
}

/** Operators that a notice names are told by mail where the register knows one. */
function addressedParties({ notice, channels, parties }: Pick<MakeOptions, 'notice' | 'channels' | 'parties'>): readonly Party[] {
  if (!channels.includes('email') || notice.operators.length === 0) return []
  return parties.filter(({ gln }) => notice.operators.includes(gln))
}

function servedAt(channel: ChannelName, notice: PublicNotice): string {
  if (channel === 'cap') return `/cap/${encodeURIComponent(publicationId(notice))}.xml`
  return channel === 'atom' ? '/feeds/warnings.atom' : noticePath(notice)
}

function digest(text: string): string {
  return createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 24)
}
