/**
 * Master data of this system: what operators register, what files bring and what partners tell in EPCIS headers, as one look-up and as
 * records that can be kept. Writers are taken one after the other; each change is in the audit trail.
 */
import type { Reason } from '@tracegate/model/errors'
import { createMasterDataLookup, type MasterDataLookup } from '@tracegate/model/master-data'
import type { MasterDataKind, Said } from '@tracegate/model/master-data-record'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import { createAuditTrail } from '../audit.ts'
import { FindingsError } from '../problem.ts'
import type { Registers } from '../registers.ts'
import { masterDataError } from './errors.ts'
import { createHeaderTaker, type HeaderTaker } from './header.ts'
import { kindSpecs, type Draft } from './kinds.ts'
import { lookupEntries } from './lookup-entries.ts'
import { planWrite, readKept, readRows, type Plan, type Planned, type RecordRow, type Surroundings } from './records.ts'
import { referencesTo } from './references.ts'
import { mendTornWrite, writeAll } from './write-all.ts'

/** Records of one kind; one more is refused. */
const recordsMax = 50_000
/** How old the look-up may be when another process writes the registers. */
const lookupAgeMaxMs = 5_000
const referencesShownMax = 20

/** A version that was seen, `new` for a record that must not be there, or nothing said. */
export type Expected = number | 'new' | undefined

interface WriteOptions {
  readonly kind: MasterDataKind
  readonly id: string
  readonly body: Draft
  readonly expected: Expected
  readonly by: string
}

export interface MasterData {
  /** What queries ask; built anew after a change. */
  lookup(): Promise<MasterDataLookup>
  /** Takes the vocabulary list of an EPCIS header. */
  readonly takeHeader: HeaderTaker
  rows(kind: MasterDataKind): Promise<RecordRow[]>
  /** What is registered, without what partners tell, by id. */
  registered(kind: MasterDataKind): Promise<Draft[]>
  put(options: WriteOptions): Promise<{ readonly row: RecordRow; readonly change: Plan['change']; readonly notes: readonly Reason[] }>
  remove(options: Omit<WriteOptions, 'body'>): Promise<void>
  /** Plans drafts one after the other as one change, and does it when `act` says so; nobody else writes meanwhile. */
  planAll<Result>(kind: MasterDataKind, work: (planner: Planner) => Promise<Result>): Promise<Result>
}

export interface Planner {
  plan(body: Draft, said: Said): Planned
  /** Stores the plans, all or none; rejects when another process came between. */
  store(plans: readonly Plan[], by: string, why: string): Promise<void>
}

export interface MasterDataOptions {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly registers: Registers
  readonly nowMs: () => number
}

export function createMasterData(options: MasterDataOptions): MasterData {
  const { cases, registers, nowMs } = options
  const audit = createAuditTrail(cases, nowMs)
  const inTurn = createTurns()
  let mended: Promise<void> | undefined
  /** Before the first write; what a crash left half done is nobody's wish. */
  const afterMending = <Result>(work: () => Promise<Result>) =>
    inTurn(async () => {
      mended ??= mendTornWrite(cases)
      await mended.catch((error: unknown) => {
        mended = undefined
        throw error
      })
      return work()
    })
  let built: { readonly atMs: number; readonly names: object; readonly elements: object; readonly lookup: MasterDataLookup } | undefined
  const takeElements = createHeaderTaker({ cases, nowMs })

  function forget(register: MasterDataKind | 'masterData'): void {
    registers.forget(register)
    built = undefined
  }

  async function lookup(): Promise<MasterDataLookup> {
    if (built !== undefined && nowMs() - built.atMs < lookupAgeMaxMs) return built.lookup
    const [names, elements] = await Promise.all([registers.names(), registers.elements()])
    const made = createMasterDataLookup(lookupEntries(names, elements))
    built = { atMs: nowMs(), names, elements, lookup: made }
    return made
  }

  async function store(kind: MasterDataKind, plans: readonly Plan[]): Promise<void> {
    try {
      await writeAll(cases, kind, plans)
    } finally {
      forget(kind)
    }
  }

  return {
    lookup,
    takeHeader: (list, source) =>
      inTurn(async () => {
        const taken = await takeElements(list, source)
        if (taken.stored > 0) forget('masterData')
        return taken
      }),
    rows: (kind) => readRows({ cases, registers }, kind),
    async registered(kind) {
      const kept = await readKept(cases, kindSpecs[kind])
      return [...kept].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, { value }]) => value)
    },
    put: ({ kind, id, body, expected, by }) =>
      afterMending(async () => {
        const spec = kindSpecs[kind]
        const kept = await readKept(cases, spec)
        const before = kept.get(id)
        requireExpected({ what: spec.what, id, version: before?.version ?? 0, expected })
        if (before === undefined && kept.size >= recordsMax)
          throw masterDataError('MASTER_DATA_FULL', { what: spec.what, count: kept.size, max: recordsMax })
        const said: Said = { via: 'operator', by, atMs: nowMs() }
        const around = await surroundings(registers)
        const planned = planWrite({ spec, body: { ...body, [spec.id]: id }, before, said, around, merge: false })
        if (!planned.ok)
          throw new FindingsError(
            masterDataError('MASTER_DATA_INVALID', { what: spec.what, id, count: planned.findings.length }),
            planned.findings
          )
        const { plan } = planned
        if (plan.change !== 'unchanged') {
          await store(kind, [plan])
          await audit.append(`master-data:${kind}:${id}`, { by, action: plan.change, state: plan.value })
        }
        const row = (await readRows({ cases, registers }, kind)).find((one) => one.id === id)
        if (row === undefined) throw masterDataError('MASTER_DATA_UNKNOWN', { what: spec.what, id })
        return { row, change: plan.change, notes: plan.notes }
      }),
    remove: ({ kind, id, expected, by }) =>
      afterMending(async () => {
        const spec = kindSpecs[kind]
        const before = (await readKept(cases, spec)).get(id)
        if (before === undefined) {
          const told = (await readRows({ cases, registers }, kind)).some((row) => row.id === id)
          throw masterDataError(told ? 'MASTER_DATA_TOLD_ONLY' : 'MASTER_DATA_UNKNOWN', { what: spec.what, id })
        }
        if (expected !== undefined) requireExpected({ what: spec.what, id, version: before.version, expected })
        const references = await referencesTo(options, kind, id)
        if (references.length > 0) {
          const error = masterDataError('MASTER_DATA_IN_USE', { what: spec.what, id, count: references.length })
          throw new FindingsError(error, references.slice(0, referencesShownMax))
        }
        await cases.remove(kind, before.rowId)
        forget(kind)
        await audit.append(`master-data:${kind}:${id}`, { by, action: 'removed', state: before.value })
      }),
    planAll: (kind, work) =>
      afterMending(async () => {
        const spec = kindSpecs[kind]
        const [kept, around] = await Promise.all([readKept(cases, spec), surroundings(registers)])
        const parentOf = new Map(around.parentOf)
        return work({
          plan(body, said) {
            const id = body[spec.id]
            const before = typeof id === 'string' ? kept.get(id) : undefined
            if (before === undefined && kept.size >= recordsMax)
              return {
                ok: false,
                findings: [{ code: 'MASTER_DATA_FULL', pointer: '', message: `${kept.size} are kept, expected fewer than ${recordsMax}` }]
              }
            const planned = planWrite({ spec, body, before, said, around: { ...around, parentOf }, merge: true })
            if (planned.ok && typeof planned.plan.value['parent'] === 'string') parentOf.set(planned.plan.id, planned.plan.value['parent'])
            return planned
          },
          async store(plans, by, why) {
            await store(kind, plans)
            const state = {
              added: countOf(plans, 'added'),
              changed: countOf(plans, 'changed'),
              ids: plans.slice(0, 1_000).map((plan) => plan.id)
            }
            await audit.append(`master-data:${kind}`, { by, action: 'imported', why, state })
          }
        })
      })
  }
}

function countOf(plans: readonly Plan[], change: Plan['change']): number {
  return plans.filter((plan) => plan.change === change).length
}

/** If-Match and If-None-Match (RFC 9110 §13.1): what was not seen is not overwritten. */
function requireExpected(options: {
  readonly what: string
  readonly id: string
  readonly version: number
  readonly expected: Expected
}): void {
  const { what, id, version, expected } = options
  if (expected === 'new') {
    if (version !== 0) throw masterDataError('MASTER_DATA_EXISTS', { what, id, version })
  } else if (expected !== undefined) {
    if (expected !== version) throw masterDataError('MASTER_DATA_CHANGED', { what, id, current: version, wanted: expected })
  } else if (version !== 0) throw masterDataError('MASTER_DATA_PRECONDITION', { what, id, current: version })
}

async function surroundings(registers: Registers): Promise<Surroundings> {
  const [profiles, points, places] = await Promise.all([registers.profiles(), registers.points(), registers.places()])
  return {
    profiles: new Set(profiles.map((profile) => profile.id)),
    points: new Set(points.map((point) => point.id)),
    parentOf: new Map(places.flatMap(({ key, parent }) => (parent === undefined ? [] : [[key, parent] as const])))
  }
}

/** One piece of work after the other. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(work, work)
    last = mine.catch(() => undefined)
    return mine
  }
}
