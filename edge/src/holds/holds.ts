/**
 * The control orders of the point at the agent: takes the lists of the platform, keeps the one that holds on the disk, and judges every
 * scan by it before its event is made, with or without a connection. It decides by `model`'s rules and makes no order itself.
 */
import { verify } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { ControlList, ControlOrder, controlRevisionMetric, signedControlText } from '@tracegate/model/control'
import { refusedBizStep, refusedDispositions } from '@tracegate/model/control-actions'
import { indexOrders, judgeScan, orderOf } from '@tracegate/model/control-goods'
import { type ControlState, noControl, takeControlList } from '@tracegate/model/control-reader'
import { keyKind } from '@tracegate/model/gs1/key'
import type { Scan } from '@tracegate/model/scan'
import { scanDefaults, type ScanContext, type ScanRule } from '@tracegate/model/scan-event'
import type { Logger } from '@tracegate/service/log'
import type { Intake } from '../intake/intake.ts'
import { createJsonFile } from '../commands/json-file.ts'
import { publicKeyOf } from '../commands/signature.ts'
import type { TrustedKey } from '../config.ts'
import type { EdgeEvents } from '../events.ts'
import { createGates, type HeldGate } from './gates.ts'
import type { LocalGoods } from './local-goods.ts'
import { goodsOfScan, withClasses } from './scan-goods.ts'

/** How a refused scan is recorded instead. */
interface Refusal {
  readonly rule: ScanRule | undefined
  readonly details: NonNullable<ScanContext['details']>
  /** The scan was to close what waited before it. */
  readonly isLabel: boolean
}

export interface HoldsStatus {
  readonly revision: number
  readonly issuedAtMs: number | undefined
  readonly appliedAtMs: number | undefined
  readonly leftOut: number
  readonly keys: number
  readonly orders: readonly {
    readonly id: string
    readonly action: string
    readonly reason: { readonly zh: string; readonly en: string }
  }[]
  readonly refusedScans: number
  readonly lastRefusal: { readonly device: string; readonly key: string; readonly order: string; readonly atMs: number } | undefined
  readonly gates: readonly HeldGate[]
}

export interface Holds extends Disposable {
  /** A message on the control topic of the point. */
  take(payload: Uint8Array): void
  /** Undefined: the scan may pass. `pending` is what waits for this label. */
  refuse(
    scan: Scan,
    context: { readonly device: string; readonly rule: ScanRule | undefined; readonly pending: readonly string[] }
  ): Refusal | undefined
  /** What an event of this agent tells of containment. */
  learn(event: object): void
  /** A person opened the gate. */
  opened(device: string): void
  /** Tells the platform which revision holds here. */
  tell(): void
  status(): HoldsStatus
}

export interface HoldsOptions {
  readonly dataDir: string
  readonly point: string
  readonly goods: LocalGoods
  readonly logger: Logger
  readonly events: EdgeEvents
  readonly refuseInput: Intake['refuse']
  /** Keys that may sign lists; without one every list is taken that the broker let through. */
  readonly keys: () => readonly TrustedKey[]
  /** The gates that a reader stands at. */
  readonly gatesOf: (reader: string) => readonly string[]
  readonly command: Parameters<typeof createGates>[0]['command']
  /** Sends a reading of the agent ahead of all telemetry. */
  readonly report: (metric: string, value: number, timeMs: number) => void
  readonly now?: () => number
}

/** The reading that goes ahead of all telemetry with each refused scan: how many there were since the agent started. */
export const refusedScansMetric = 'control.refusedScans'

const Kept = Type.Object({
  revision: Type.Integer({ minimum: 0 }),
  issuedAtMs: Type.Integer({ minimum: 0 }),
  leftOut: Type.Integer({ minimum: 0 }),
  orders: Type.Array(ControlOrder)
})
const lists = compileValidator(ControlList)
const containment = compileValidator(
  Type.Object({
    type: Type.Literal('AggregationEvent'),
    parentID: Type.String(),
    action: Type.Enum(['ADD', 'DELETE']),
    childEPCs: Type.Optional(Type.Array(Type.String())),
    childQuantityList: Type.Optional(Type.Array(Type.Object({ epcClass: Type.String() })))
  })
)

export function createHolds(options: HoldsOptions): Holds {
  const { point, goods, logger, events } = options
  const now = options.now ?? Date.now
  mkdirSync(options.dataDir, { recursive: true })
  const file = createJsonFile({
    path: join(options.dataDir, 'control.json'),
    schema: Kept,
    onDamage: (detail) =>
      logger.error({ detail }, 'the list of held goods cannot be read: the platform sends it again at the next connection')
  })
  const kept = file.read()
  let state: ControlState = kept === undefined ? noControl : { ...kept, waiting: [] }
  let index = indexOrders(state.orders)
  let appliedAtMs: number | undefined
  let refusedScans = 0
  let lastRefusal: HoldsStatus['lastRefusal']
  const gates = createGates({ command: options.command, events, logger, now })

  const refuseList = (code: string, message: string, payload: Uint8Array) => {
    events.control('refused')
    logger.warn({ code, detail: message }, 'control orders cannot be taken: those before hold on')
    options.refuseInput({ source: 'control', reason: { code, pointer: '', message }, payload })
  }

  const apply = (next: ControlState) => {
    // Durable before it is told: what was told must hold after a restart without a line.
    file.write({ revision: next.revision, issuedAtMs: next.issuedAtMs, leftOut: next.leftOut, orders: [...next.orders] })
    state = next
    index = indexOrders(next.orders)
    appliedAtMs = now()
    gates.keep(new Set(next.orders.filter(({ action }) => action !== 'release').map(orderOf)))
    events.control('applied')
    logger.info(
      { revision: next.revision, orders: next.orders.length, keys: index.keyCount, leftOut: next.leftOut },
      'control orders applied'
    )
    tell()
  }

  const tell = () => {
    if (state.revision > 0) options.report(controlRevisionMetric, state.revision, now())
  }

  return {
    tell,
    take(payload) {
      // An empty message takes a retained part away; the parts that count say how many there are.
      if (payload.length === 0) return
      const decoded = decodeMessage(lists, payload)
      if (!decoded.ok) return refuseList(decoded.reason.code, `${decoded.reason.pointer} ${decoded.reason.message}`, payload)
      const list = decoded.value
      if (list.point !== point) return refuseList('CONTROL_POINT', `point is "${list.point}", expected "${point}"`, payload)
      const wrong = wrongSignature(list, options.keys())
      if (wrong !== undefined) return refuseList('CONTROL_SIGNATURE', wrong, payload)
      const taken = takeControlList(state, list)
      if (taken.outcome === 'applied') return apply(taken.state)
      state = taken.state
      events.control(taken.outcome)
    },
    refuse(scan, { device, rule, pending }) {
      const read = goodsOfScan(scan)
      if (read === undefined) return undefined
      if (read.lotOfItem !== undefined) goods.ofLot(read.lotOfItem.item, read.lotOfItem.lot)
      if (index.keyCount === 0) return undefined
      const nowMs = now()
      const kind = keyKind(read.keys[0] ?? '')
      const isLabel = kind === 'logistic' || kind === 'asset'
      const own = isLabel ? [...read.keys, ...pending] : read.keys
      const keys = withClasses([...own, ...goods.within(own)])
      const means = rule === undefined ? undefined : { ...scanDefaults[rule.mode], ...rule }
      const verdict = judgeScan(index, { keys, bizStep: means?.bizStep, disposition: means?.disposition, nowMs })
      if (verdict === undefined) return undefined
      const [key = ''] = read.keys
      const { order } = verdict
      events.scanRefused({ device, key, order: order.id, action: verdict.action, drill: verdict.drill })
      if (verdict.drill) return undefined
      refusedScans += 1
      lastRefusal = { device, key, order: orderOf(order), atMs: nowMs }
      for (const gate of options.gatesOf(device)) gates.hold(gate, verdict.orders.map(orderOf), `${order.reason.zh} / ${order.reason.en}`)
      options.report(refusedScansMetric, refusedScans, nowMs)
      return {
        isLabel,
        rule: rule === undefined ? undefined : refusedRule(rule, refusedDispositions[verdict.action]),
        details: {
          refusedBy: orderOf(order),
          refusedAction: verdict.action,
          refusedReason: order.reason.en,
          refusedReasonZh: order.reason.zh,
          ...(means?.bizStep === undefined ? {} : { refusedBizStep: means.bizStep }),
          controlRevision: state.revision
        }
      }
    },
    learn(event) {
      const checked = containment.check(event)
      if (!checked.ok) return
      const { parentID, action, childEPCs = [], childQuantityList = [] } = checked.value
      const children = [...childEPCs, ...childQuantityList.map(({ epcClass }) => epcClass)]
      if (action === 'ADD') goods.packed(parentID, children)
      else goods.unpacked(parentID, children)
    },
    opened: (device) => gates.opened(device),
    status: () => ({
      revision: state.revision,
      issuedAtMs: state.revision === 0 ? undefined : state.issuedAtMs,
      appliedAtMs,
      leftOut: state.leftOut,
      keys: index.keyCount,
      orders: index.orders.map(({ id, action, reason }) => ({ id, action, reason })),
      refusedScans,
      lastRefusal,
      gates: gates.held
    }),
    [Symbol.dispose]: () => gates[Symbol.dispose]()
  }
}

/** An observation at the same place: nothing was packed, loaded, sold or let through. */
function refusedRule({ readPoint, bizLocation }: ScanRule, disposition: string): ScanRule {
  return {
    readPoint,
    ...(bizLocation === undefined ? {} : { bizLocation }),
    mode: 'observe',
    action: 'OBSERVE',
    bizStep: refusedBizStep,
    disposition
  }
}

function wrongSignature(list: ControlList, keys: readonly TrustedKey[]): string | undefined {
  if (keys.length === 0) return undefined
  const { signature } = list
  const key = keys.find(({ id }) => id === signature?.keyId)
  if (signature === undefined || key === undefined)
    return `signature is ${signature === undefined ? 'missing' : `of key "${signature.keyId}"`}, expected one of ${keys.map(({ id }) => id).join(', ')}`
  const isRight = verify(null, Buffer.from(signedControlText(list)), publicKeyOf(key.publicKey), Buffer.from(signature.value, 'base64url'))
  return isRight ? undefined : `signature of key "${key.id}" does not fit the list`
}
