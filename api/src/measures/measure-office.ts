/**
 * Orders measures, one case for each addressee, and takes what addressees and authorities do to them. Whether a step is allowed is for the
 * reducer, who may ask for it for the route; what reaches the scanners for the control office.
 */
import type { MeasureAction, MeasureDecision, MeasureRequest } from '@tracegate/model/http-measures'
import { canonicalKey } from '@tracegate/model/gs1/key'
import { type MeasureAddressee, type MeasureCase, type MeasureOrder, type MeasureProof, measureNames } from '@tracegate/model/measure'
import type { MeasureStep } from '@tracegate/model/measure-reducer'
import type { PolicyVersion } from '@tracegate/model/policy/policy'
import type { CaseStore } from '@tracegate/store/case-store'
import type { AttachmentStore } from '../reports/attachments.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { PolicyBook } from '../policy/policy-book.ts'
import type { Registers } from '../registers.ts'
import type { ControlEvents } from './control-events.ts'
import { measureOfficeError } from './errors.ts'
import type { MeasureBook } from './measure-book.ts'
import type { FrozenGoodsOf } from './goods.ts'
import { originOf } from './origin.ts'

export interface MeasureOffice {
  order(request: MeasureRequest, by: string): Promise<KeptCase<MeasureCase>[]>
  act(id: string, action: MeasureAction, by: string): Promise<KeptCase<MeasureCase>>
  decide(id: string, decision: MeasureDecision, by: string): Promise<KeptCase<MeasureCase>>
}

export interface MeasureOfficeOptions {
  readonly cases: CaseStore
  readonly frozenGoods: FrozenGoodsOf
  readonly book: MeasureBook
  readonly policy: PolicyBook
  readonly registers: Registers
  readonly attachments: AttachmentStore
  readonly events: ControlEvents
  /** Notes the measures on the case of the warning. */
  readonly link: (warning: string, measures: readonly string[], by: string) => Promise<void>
  readonly nowMs: () => number
}

export function createMeasureOffice(options: MeasureOfficeOptions): MeasureOffice {
  const { cases, book, policy, events, nowMs } = options

  async function nextId(): Promise<string> {
    const year = new Date(nowMs()).getUTCFullYear()
    return `M-${year}-${String(await cases.nextNumber(`M-${year}`)).padStart(6, '0')}`
  }

  async function proven(proof: readonly MeasureProof[]): Promise<MeasureProof[]> {
    return Promise.all(
      proof.map(async (one, index) => {
        const attachment = await options.attachments.find(one.attachment)
        if (attachment === undefined) throw measureOfficeError('MEASURE_PROOF_UNKNOWN', { index, id: one.attachment })
        return { ...one, sha256: attachment.sha256 }
      })
    )
  }

  async function write(
    id: string,
    request: { readonly why?: string; readonly expectedLength?: number },
    step: (before: MeasureCase, version: PolicyVersion) => MeasureStep | Promise<MeasureStep>,
    by: string
  ): Promise<KeptCase<MeasureCase>> {
    await book.get(id)
    const version = await policy.current()
    let name = ''
    const kept = await book.act({
      id,
      by,
      why: request.why ?? '',
      ...(request.expectedLength === undefined ? {} : { expectedLength: request.expectedLength }),
      async decide(before) {
        if (before === undefined) return undefined
        const decided = await step(before, version)
        name = decided.type
        return decided
      }
    })
    events.stepped({ measure: id, step: name, by })
    return kept
  }

  const evaluateByMs = ({ level }: MeasureCase, { policy: current }: PolicyVersion) => nowMs() + current.measures.clocks[level].evaluateMs

  return {
    async order(request, by) {
      const version = await policy.current()
      const { measures: rules, grading } = version.policy
      const origin = await originOf(cases, request, { grading, frozenGoods: options.frozenGoods })
      const allowed = rules.allowed[origin.level]
      if (!allowed.includes(request.type))
        throw measureOfficeError('MEASURE_NOT_ALLOWED', {
          type: request.type,
          level: origin.level,
          allowed: allowed.join(', '),
          policyVersion: version.version
        })
      await requireAddressees(options.registers, request.addressees)
      const goods = request.goods === undefined ? origin.goods : canonicalGoods(request.goods, '/goods')
      if (goods.length === 0) throw measureOfficeError('MEASURE_GOODS_MISSING', { origin: request.warning ?? request.recall ?? '' })
      const clocks = rules.clocks[origin.level]
      const order: Omit<MeasureOrder, 'addressee'> = {
        type: request.type,
        ...(request.warning === undefined ? {} : { warning: request.warning }),
        ...(request.recall === undefined ? {} : { recall: request.recall }),
        ...(request.type === 'restrictTrade' ? { direction: request.direction ?? 'both' } : {}),
        level: origin.level,
        drill: origin.drill,
        goods: [...goods],
        followsScope: request.goods === undefined,
        instruction: request.instruction,
        reason: {
          zh: `${measureNames[request.type].zh}：${origin.reason.zh}`,
          en: `${measureNames[request.type].en}: ${origin.reason.en}`
        },
        deadlines: request.deadlines ?? { acknowledgeMs: nowMs() + clocks.acknowledgeMs, executeMs: nowMs() + clocks.executeMs },
        policyVersion: version.version
      }
      const kept: KeptCase<MeasureCase>[] = []
      for (const addressee of request.addressees) {
        const id = await nextId()
        const step: MeasureStep = { type: 'ordered', order: { ...order, addressee } }
        kept.push(await book.act({ id, by, why: request.why, expectedLength: 0, decide: () => step }))
        events.stepped({ measure: id, step: 'ordered', by })
      }
      if (request.warning !== undefined)
        await options.link(
          request.warning,
          kept.map(({ state }) => state.id),
          by
        )
      return kept
    },
    act: (id, action, by) => write(id, action, (before, version) => actionStep(action, { before, version }), by),
    decide: (id, decision, by) => write(id, decision, () => decisionStep(decision), by)
  }

  async function actionStep(
    action: MeasureAction,
    { before, version }: { readonly before: MeasureCase; readonly version: PolicyVersion }
  ): Promise<MeasureStep> {
    switch (action.type) {
      case 'acknowledge':
        return { type: 'acknowledged', ...(action.note === undefined ? {} : { note: action.note }) }
      case 'start':
        return { type: 'started', ...(action.note === undefined ? {} : { note: action.note }) }
      case 'feedBack':
        return {
          type: 'fedBack',
          text: action.text,
          proof: await proven(action.proof ?? []),
          ...(action.figures === undefined ? {} : { figures: action.figures })
        }
      case 'done':
        return {
          type: 'done',
          text: action.text,
          proof: await proven(action.proof ?? []),
          proofRequired: version.policy.measures.proofRequired.includes(before.type),
          evaluateByMs: evaluateByMs(before, version)
        }
      case 'failed':
        return { type: 'failed', text: action.text, proof: await proven(action.proof ?? []), evaluateByMs: evaluateByMs(before, version) }
      default:
        return action satisfies never
    }
  }
}

function decisionStep(decision: MeasureDecision): MeasureStep {
  switch (decision.type) {
    case 'evaluate': {
      const { type: _type, why: _why, expectedLength: _expectedLength, ...content } = decision
      return { type: 'evaluated', ...content }
    }
    case 'withdraw':
      return { type: 'withdrawn', cause: 'order' }
    case 'extend':
      return { type: 'extended', deadlines: decision.deadlines }
    case 'exempt':
      return { type: 'exempted', keys: canonicalGoods(decision.keys, '/keys') }
    default:
      return decision satisfies never
  }
}

function canonicalGoods(keys: readonly string[], pointer: string): string[] {
  return keys.map((key, index) => {
    const canonical = canonicalKey(key)
    if (canonical === undefined) throw measureOfficeError('MEASURE_KEY_INVALID', { pointer: `${pointer}/${index}`, key })
    return canonical
  })
}

async function requireAddressees(registers: Registers, addressees: readonly MeasureAddressee[]): Promise<void> {
  const [points, parties] = await Promise.all([registers.points(), registers.parties()])
  for (const [index, addressee] of addressees.entries()) {
    const pointer = `/addressees/${index}`
    if (addressee.type === 'point' && !points.some(({ id }) => id === addressee.point))
      throw measureOfficeError('MEASURE_ADDRESSEE_UNKNOWN', {
        pointer: `${pointer}/point`,
        value: addressee.point,
        what: 'monitoring point'
      })
    if (addressee.type === 'company' && !parties.some(({ gln }) => gln === addressee.gln))
      throw measureOfficeError('MEASURE_ADDRESSEE_UNKNOWN', { pointer: `${pointer}/gln`, value: addressee.gln, what: 'party' })
  }
}
