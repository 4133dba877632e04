/**
 * The exchange with the single window and the port control centre (task 4): what comes in is judged once, kept and answered with a receipt;
 * what goes out waits in the case store until its partner has taken it. It decides nothing about goods.
 */
import { createHash } from 'node:crypto'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import { CodedError, type Reason } from '@tracegate/model/errors'
import { ExchangeMessage, ExchangeStep, isOpenExchange, reduceExchange } from '@tracegate/model/exchange'
import {
  Declaration11,
  DeclarationMessage10,
  DeclarationMessage11,
  type ExchangeDeclaration,
  type FeedbackBody,
  type ReceiptBody
} from '@tracegate/model/exchange-messages'
import type { PublicNotice } from '@tracegate/model/notice'
import type { ExchangePolicy } from '@tracegate/model/policy/exchange'
import type { Declaration } from '@tracegate/model/supervision/consignment'
import type { CaseStore } from '@tracegate/store/case-store'
import { createCaseBook, type CaseBook, type KeptCase } from '../cases/case-book.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { publicationError } from '../publication/errors.ts'
import { consignmentOf, instructionOf } from './instruction.ts'
import type { ExchangePartner } from './partners.ts'

export type ExchangeBook = CaseBook<ExchangeMessage, ExchangeStep>

export interface ExchangeOfficeOptions {
  readonly cases: CaseStore
  readonly policy: PolicyBook
  readonly partners: readonly ExchangePartner[]
  readonly base: () => string
  readonly nowMs: () => number
  /** Makes or finds the consignment of a declaration; its operating errors reject the message. */
  readonly declare: (declaration: Declaration, by: string) => Promise<void>
  readonly onQueued: () => void
}

interface Received {
  readonly kept: KeptCase<ExchangeMessage>
  readonly repeated: boolean
}

export interface ExchangeOffice {
  readonly book: ExchangeBook
  readonly partners: readonly ExchangePartner[]
  /** Kept whether it is good or not. Rejects with EXCHANGE_CONFLICT when the id was used for something else. */
  receive(partner: string, body: unknown): Promise<Received>
  /** The instruction of a notice to a port; the same one however often it is asked for. Undefined: no partner serves the port. */
  instruct(notice: PublicNotice, publication: string, port: string): Promise<readonly string[] | undefined>
  receipt(id: string, receipt: ReceiptBody, by: string): Promise<KeptCase<ExchangeMessage>>
  feedback(id: string, feedback: FeedbackBody, by: string): Promise<KeptCase<ExchangeMessage>>
  /** Judges what came in again, or has what goes out sent again. */
  replay(id: string, by: string): Promise<KeptCase<ExchangeMessage>>
  isOverdue(message: ExchangeMessage): Promise<boolean>
}

const readers: Readonly<Record<string, Validator<typeof DeclarationMessage10> | Validator<typeof DeclarationMessage11>>> = {
  '1.0': compileValidator(DeclarationMessage10),
  '1.1': compileValidator(DeclarationMessage11)
}
const declarations = compileValidator(Declaration11)
const findingsMax = 100

type Judgement =
  | { readonly status: 'accepted'; readonly consignment: string }
  | { readonly status: 'rejected'; readonly findings: Reason[] }

export function createExchangeOffice(options: ExchangeOfficeOptions): ExchangeOffice {
  const { nowMs, partners } = options
  const book = createCaseBook({
    cases: options.cases,
    kind: 'exchange',
    what: 'message',
    state: ExchangeMessage,
    step: ExchangeStep,
    reduce: reduceExchange,
    action: (step) => step.type,
    isOpen: isOpenExchange,
    nowMs
  })
  const exchangePolicy = async () => (await options.policy.current()).policy.exchange

  async function judge(content: unknown, version: string, by: string): Promise<Judgement> {
    const policy = await exchangePolicy()
    const found = readDeclaration(content, version, policy)
    if ('findings' in found) return { status: 'rejected', findings: found.findings }
    try {
      await options.declare(consignmentOf(found.declaration), by)
      return { status: 'accepted', consignment: found.declaration.number }
    } catch (error) {
      if (!(error instanceof CodedError) || error.status >= 500) throw error
      return { status: 'rejected', findings: [{ code: error.code, pointer: '/declaration', message: error.message }] }
    }
  }

  async function receive(partner: string, body: unknown): Promise<Received> {
    const { messageId, schemaVersion } = envelopeOf(body)
    const id = `IN-${partner}-${messageId}`
    const sha256 = digestOf(body)
    const before = await book.find(id)
    if (before !== undefined) {
      if (before.state.sha256 !== sha256) throw publicationError('EXCHANGE_CONFLICT', { id: messageId })
      return { kept: await book.act({ id, by: partner, why: 'came again', decide: () => ({ type: 'repeated' }) }), repeated: true }
    }
    const judged = await judge(body, schemaVersion, partner)
    const step: ExchangeStep = { type: 'received', partner, schemaVersion, messageId, sha256, content: body, ...judged }
    const kept = await book.act({ id, by: partner, why: 'came in', decide: (state) => (state === undefined ? step : { type: 'repeated' }) })
    return { kept, repeated: kept.length > 1 }
  }

  async function replay(id: string, by: string): Promise<KeptCase<ExchangeMessage>> {
    const { state } = await book.get(id)
    if (state.direction === 'in') {
      if (state.status !== 'rejected') throw publicationError('EXCHANGE_STATUS', { id, status: state.status, wanted: 'rejected' })
      const judged = await judge(state.content, state.schemaVersion, by)
      return book.act({ id, by, why: 'judged again', decide: () => ({ type: 'judgedAgain', ...judged }) })
    }
    const kept = await book.act({ id, by, why: 'sent again', decide: () => ({ type: 'replayed' }) })
    options.onQueued()
    return kept
  }

  async function instruct(notice: PublicNotice, publication: string, port: string): Promise<readonly string[] | undefined> {
    const serving = partners.filter((partner) => partner.kind === 'portControl' && serves(partner, port))
    if (serving.length === 0) return undefined
    const [{ instructionVersion }, { policy }] = await Promise.all([exchangePolicy(), options.policy.current()])
    const ids: string[] = []
    for (const partner of serving) {
      const messageId = `${publication}-${partner.id}`
      const id = `OUT-${messageId}`
      const version = { base: options.base(), utcOffset: policy.channels.utcOffset, version: instructionVersion }
      const content = instructionOf(notice, port, { ...version, nowMs: nowMs(), messageId })
      const step: ExchangeStep = {
        type: 'queued',
        partner: partner.id,
        schemaVersion: instructionVersion,
        messageId,
        sha256: digestOf(content),
        content,
        publication
      }
      await book.act({ id, by: 'tracegate', why: 'bulletin', decide: (before) => (before === undefined ? step : undefined) })
      ids.push(id)
    }
    options.onQueued()
    return ids
  }

  async function outgoing(id: string): Promise<void> {
    const { state } = await book.get(id)
    if (state.direction !== 'out')
      throw publicationError('EXCHANGE_STATUS', { id, status: state.direction, wanted: 'a message that went out' })
  }

  return {
    book,
    partners,
    receive,
    replay,
    instruct,
    async receipt(id, receipt, by) {
      await outgoing(id)
      return book.act({ id, by, why: 'receipt', decide: () => ({ type: 'receipt', receipt }) })
    },
    async feedback(id, feedback, by) {
      await outgoing(id)
      return book.act({ id, by, why: 'feedback', decide: () => ({ type: 'feedback', feedback }) })
    },
    async isOverdue({ status, sentAtMs }) {
      if (status !== 'sent' || sentAtMs === undefined) return false
      return nowMs() - sentAtMs > (await exchangePolicy()).receiptWithinMs
    }
  }
}

/** A partner without ports serves all of them; an instruction for all ports goes to every partner. */
function serves({ ports }: ExchangePartner, port: string): boolean {
  return port === 'all' || ports === undefined || ports.length === 0 || ports.includes(port)
}

function readDeclaration(
  content: unknown,
  version: string,
  policy: ExchangePolicy
): { readonly declaration: ExchangeDeclaration } | { readonly findings: Reason[] } {
  const reader = policy.declarationVersions.includes(version) ? readers[version] : undefined
  if (reader === undefined) {
    const message = `schemaVersion is "${version.slice(0, 32)}", expected one of ${policy.declarationVersions.join(', ')}`
    return { findings: [{ code: 'EXCHANGE_VERSION', pointer: '/schemaVersion', message }] }
  }
  const findings = reader.reasons(content, findingsMax)
  if (findings.length > 0) return { findings }
  const member = typeof content === 'object' && content !== null && 'declaration' in content ? content.declaration : undefined
  const read = declarations.check(member)
  return read.ok ? { declaration: read.value } : { findings: [read.reason] }
}

/** Without an id nothing can be kept or answered: that alone is refused outright. */
function envelopeOf(body: unknown): { readonly messageId: string; readonly schemaVersion: string } {
  const messageId = typeof body === 'object' && body !== null && 'messageId' in body ? body.messageId : undefined
  const version = typeof body === 'object' && body !== null && 'schemaVersion' in body ? body.schemaVersion : undefined
  if (typeof messageId !== 'string' || !/^[A-Za-z0-9._-]{1,100}$/.test(messageId)) throw publicationError('EXCHANGE_MESSAGE_ID')
  return { messageId, schemaVersion: typeof version === 'string' ? version.slice(0, 32) : '' }
}

function digestOf(content: unknown): string {
  return createHash('sha256').update(canonical(content)).digest('hex')
}

/** JSON with sorted members: the same contents written in another order are the same message. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
