/**
 * The recalls: reads them, takes the steps that role and reducer allow, freezes and compares scopes, and says how far each is. What is
 * decided is decided by `model`; here it is asked, stored and told.
 */
import { parentKeyOf } from '@tracegate/model/gs1/key'
import { RecallContentError, recallError } from '@tracegate/model/recall-errors'
import { liveRecallStatuses, publicRecallStatuses, RecallCase, type RecallRole } from '@tracegate/model/recall-case'
import { frozenGoods, holdKeysOf } from '@tracegate/model/recall-goods'
import { packManifest, type ManifestGood } from '@tracegate/model/recall-manifest'
import type { RecallProgress } from '@tracegate/model/recall-progress'
import { reduceRecall } from '@tracegate/model/recall-reducer'
import { RecallStep, type RecallStepType } from '@tracegate/model/recall-steps'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Principal } from '../accounts.ts'
import { createAuditTrail } from '../audit.ts'
import { createCaseBook, type CaseBook, type KeptCase } from '../cases/case-book.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import { FindingsError } from '../problem.ts'
import type { Registers } from '../registers.ts'
import type { AttachmentStore } from '../reports/attachments.ts'
import { createRecallNotices, type RecallNotices } from './notices.ts'
import { createProgressBook } from './progress-book.ts'
import { createRecallFinder, type RecallFinder } from './recall-finder.ts'
import { roleFor } from './roles.ts'
import { compareScope, freezeScope, settingsOf, type ScopeComparison } from './scope-freezer.ts'
import type { ScopeAsked } from '@tracegate/model/recall-parts'

/** Manifests kept in memory, by goods; the one used longest ago goes first. */
const goodsKeptMax = 400_000
/** Recalls that are looked through for those in force. */
const recallsMax = 1_000
/** How long the published recalls are taken as read; a step of this process is seen at once. */
const publishedMs = 3_000

export interface RecallOfficeOptions {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly bus: Bus
  readonly attachments: AttachmentStore
  readonly nowMs: () => number
}

/** What a step is made of: the case as it stands, the policy in effect, the role of the caller, and the time. */
export interface StepAsked {
  readonly state: RecallCase
  readonly policy: PolicyVersion
  readonly role: RecallRole
  readonly atMs: number
}

interface ActAsked {
  readonly id: string
  readonly type: RecallStepType
  /** Undefined: the machine itself, or a holder by its token. */
  readonly principal: Principal | undefined
  readonly by?: string
  readonly role?: RecallRole
  readonly why?: string
  readonly expectedLength?: number
  readonly make: (asked: StepAsked) => RecallStep | undefined | Promise<RecallStep | undefined>
}

export interface RecallOffice {
  readonly book: CaseBook<RecallCase, RecallStep>
  /** The step of a case that is there. */
  act(asked: ActAsked): Promise<KeptCase<RecallCase>>
  report(
    asked: Omit<ActAsked, 'id' | 'type' | 'make'> & { readonly make: (asked: Omit<StepAsked, 'state'>) => RecallStep | Promise<RecallStep> }
  ): Promise<KeptCase<RecallCase>>
  /** Freezes the first scope, or offers the next one with what has changed. */
  freeze(asked: FreezeAsked): Promise<KeptCase<RecallCase>>
  compare(recall: RecallCase): Promise<ScopeComparison>
  /** The frozen goods of a version, proved against the hash in the case. */
  goods(recall: RecallCase, version?: number): Promise<readonly ManifestGood[]>
  progress(recall: RecallCase): Promise<RecallProgress>
  /** Recalls in force for which goods are to be stopped, with the keys that hold them: what control orders are made of. */
  holds(): Promise<readonly { readonly recall: RecallCase; readonly keys: readonly string[] }[]>
  /** Recalls that the public is told of, newest first; at most a few seconds old where another process changed one. */
  published(): Promise<readonly RecallCase[]>
  readonly finder: RecallFinder
  readonly notices: RecallNotices
}

interface FreezeAsked extends Omit<ActAsked, 'type' | 'make'> {
  /** Missing: as the scope in force was asked. */
  readonly asked?: ScopeAsked
  readonly knownAtMs?: number
  readonly reason?: string
}

export function createRecallOffice(options: RecallOfficeOptions): RecallOffice {
  const { cases, trace, registers, policy, bus, attachments, nowMs } = options
  const audit = createAuditTrail(cases, nowMs)
  let kept: { readonly atMs: number; readonly recalls: readonly RecallCase[] } | undefined
  const book = createCaseBook({
    cases,
    kind: 'recall',
    what: 'recall',
    state: RecallCase,
    step: RecallStep,
    reduce: reduceRecall,
    action: (step) => step.type,
    isOpen: ({ status }) => status !== 'noDefect' && status !== 'closed' && status !== 'routed',
    nowMs,
    changed: (recall, step) => {
      kept = undefined
      bus.publish('recall', { recall })
      if (step.type !== 'started' && step.type !== 'scopeFrozen') return
      // The first look at many goods takes longest, so it is taken before anybody waits for it; whoever asks hears of its faults.
      policy
        .current()
        .then((version) => (liveRecallStatuses.has(recall.status) ? progressBook.of(recall, version.policy.recalls) : undefined))
        .catch(() => undefined)
    }
  })
  const goods = createGoodsShelf(book)
  const progressBook = createProgressBook({ trace, registers, nowMs, goodsOf: (recall) => goods.of(recall) })

  async function act(asked: ActAsked): Promise<KeptCase<RecallCase>> {
    const { id, type, principal, why = '', expectedLength } = asked
    const found = await book.get(id)
    const role =
      principal === undefined
        ? 'machine'
        : await roleFor(audit, { id, type, principal, ...(asked.role === undefined ? {} : { role: asked.role }) })
    const version = await policy.current()
    return withFindings(
      book.act({
        id,
        by: principal?.name ?? asked.by ?? 'tracegate',
        why,
        ...(expectedLength === undefined ? {} : { expectedLength }),
        decide: (state) => asked.make({ state: state ?? found.state, policy: version, role, atMs: nowMs() })
      })
    )
  }

  async function freeze(asked: FreezeAsked): Promise<KeptCase<RecallCase>> {
    return act({
      ...asked,
      type: 'scopeFrozen',
      async make({ state, policy: version, atMs }) {
        const knownAtMs = Math.min(asked.knownAtMs ?? atMs, atMs)
        const settings = settingsOf(state, version.policy.recalls)
        const question = asked.asked ?? state.scope?.asked ?? { of: state.products }
        const { scope: before } = state
        if (before === undefined) {
          const frozen = await freezeScope({ trace, registers }, question, { settings, knownAtMs })
          await requireNoFood(registers, state, frozen.scope.products)
          const scope = { ...frozen.scope, version: 1, reason: asked.reason ?? '' }
          return { type: 'scopeFrozen', scope, manifest: packManifest(frozen.goods), policyVersion: version.version }
        }
        const old = { scope: { ...before, asked: question }, goods: await goods.of(state) }
        const { now, change } = await compareScope({ trace, registers }, old, { settings, knownAtMs })
        await requireNoFood(registers, state, now.scope.products)
        const scope = { ...now.scope, version: before.version + 1, reason: asked.reason ?? '', change }
        return { type: 'scopeFrozen', scope, manifest: packManifest(now.goods), policyVersion: version.version }
      }
    })
  }

  async function heads(open: boolean | undefined): Promise<RecallCase[]> {
    const { items } = await book.page({ ...(open === undefined ? {} : { state: open ? 'open' : 'closed' }), limit: recallsMax })
    return items
  }

  async function published(): Promise<readonly RecallCase[]> {
    if (kept === undefined || Math.abs(nowMs() - kept.atMs) > publishedMs) kept = { atMs: nowMs(), recalls: await readPublished() }
    return kept.recalls
  }
  async function readPublished(): Promise<readonly RecallCase[]> {
    return (await heads(undefined)).filter(
      ({ status, drill, notice }) => publicRecallStatuses.has(status) && !drill && notice !== undefined
    )
  }

  return {
    book,
    act,
    freeze,
    async report({ make, ...asked }) {
      const { principal, why = '' } = asked
      const id = await nextId(cases, nowMs())
      const role =
        principal === undefined
          ? 'machine'
          : await roleFor(audit, { id, type: 'reported', principal, ...(asked.role === undefined ? {} : { role: asked.role }) })
      const step = await make({ policy: await policy.current(), role, atMs: nowMs() })
      return withFindings(book.act({ id, by: principal?.name ?? asked.by ?? 'tracegate', why, decide: () => step }))
    },
    async compare(recall) {
      const { scope } = recall
      if (scope === undefined) throw new TypeError(`Cannot compare the scope of recall ${recall.id}: none is frozen`)
      const settings = settingsOf(recall, (await policy.current()).policy.recalls)
      return compareScope({ trace, registers }, { scope, goods: await goods.of(recall) }, { settings, knownAtMs: nowMs() })
    },
    goods: (recall, version) => goods.of(recall, version),
    async progress(recall) {
      return progressBook.of(recall, (await policy.current()).policy.recalls)
    },
    async holds() {
      const live = (await heads(true)).filter(({ status, drill }) => liveRecallStatuses.has(status) && !drill)
      return Promise.all(live.map(async (recall) => ({ recall, keys: holdKeysOf(recall, await goods.of(recall)) })))
    },
    published,
    finder: createRecallFinder({ trace, published, goods: (recall) => goods.of(recall) }),
    notices: createRecallNotices({
      cases,
      office: { goods: (recall, version) => goods.of(recall, version) },
      registers,
      policy,
      attachments
    })
  }
}

/** A scope by place or lot may find food that the report did not name; it must not come into our own procedure by that. */
async function requireNoFood(registers: Registers, { id, regime }: RecallCase, products: readonly string[]): Promise<void> {
  const product = regime === 'food' ? undefined : await foodAmong(registers, products)
  if (product !== undefined) throw recallError('RECALL_FOOD_GOODS', { id, product })
}

/** The first of the goods whose product is registered as food. */
export async function foodAmong(registers: Pick<Registers, 'products'>, keys: readonly string[]): Promise<string | undefined> {
  const food = new Set((await registers.products()).filter(({ regime }) => regime === 'food').map(({ key }) => key))
  return keys.find((key) => food.has(key) || food.has(parentKeyOf(key) ?? ''))
}

async function nextId(cases: CaseStore, nowMs: number): Promise<string> {
  const year = new Date(nowMs).getUTCFullYear()
  const number = await cases.nextNumber(`R-${year}`)
  return `R-${year}-${String(number).padStart(6, '0')}`
}

async function withFindings<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    if (error instanceof RecallContentError) throw new FindingsError(error, error.findings)
    throw error
  }
}

/** Frozen goods by recall and version, read from the journal once and proved then. */
function createGoodsShelf(book: CaseBook<RecallCase, RecallStep>) {
  const shelf = new Map<string, readonly ManifestGood[]>()
  return {
    async of(recall: RecallCase, version = recall.scope?.version ?? 0): Promise<readonly ManifestGood[]> {
      if (version === 0) return []
      const id = `${recall.id} ${version}`
      const known = shelf.get(id)
      const found = known ?? frozenGoods(recall, await book.journal(recall.id), version)
      shelf.delete(id)
      shelf.set(id, found)
      for (let sum = sumOf(shelf); sum > goodsKeptMax && shelf.size > 1; sum = sumOf(shelf)) {
        const oldest = shelf.keys().next().value
        if (oldest !== undefined) shelf.delete(oldest)
      }
      return found
    }
  }
}

function sumOf(shelf: ReadonlyMap<string, readonly unknown[]>): number {
  let sum = 0
  for (const goods of shelf.values()) sum += goods.length
  return sum
}
