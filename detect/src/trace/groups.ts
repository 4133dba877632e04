/**
 * The anomalies that stand, each with the things it is about: things with one cause make one anomaly. Keeps what may still open when
 * its time comes, says what opened, changed and closed, and is bounded. It judges nothing.
 */
import { Type, type Static } from 'typebox'
import { type Anomaly, anomalyTypes, witnessesPerAnomalyMax } from '@tracegate/model/anomaly'
import type { BilingualText } from '@tracegate/model/text'
import { anomalyIdOf } from '../anomaly-id.ts'
import { closingProof, describeGoods, type Closing } from './proof-texts.ts'
import type { Found } from './trace-rules.ts'

/** Open anomalies that can still change and close; past it the oldest are forgotten as they stand, and counted. */
const openMax = 2_000
/** Causes whose time has not come; past it further ones are not watched, and counted. */
const waitingMax = 10_000
/** Things named by one anomaly; further ones are only counted. */
const membersMax = 500

/** Ended ones that are known again when they come back; the oldest go. */
const endedMax = 2_000

const Text = Type.Object({ zh: Type.String(), en: Type.String() })

export const Group = Type.Object({
  type: Type.Enum(anomalyTypes),
  rule: Type.Object({ id: Type.String(), version: Type.Integer() }),
  cause: Type.Array(Type.String()),
  point: Type.Optional(Type.String()),
  place: Type.Optional(Type.String()),
  onsetMs: Type.Number(),
  openedMs: Type.Number(),
  lastMs: Type.Number(),
  figures: Type.Record(Type.String(), Type.Number()),
  witnesses: Type.Array(Type.Object({ eventID: Type.String(), timeMs: Type.Number() })),
  proof: Text,
  /** What it is about: keys of goods, or names of what has its own way of ending. */
  members: Type.Array(Type.String()),
  /** How many more than those. */
  more: Type.Integer({ minimum: 0 }),
  /** The goods, where the members are none. */
  goods: Type.Optional(Type.Array(Type.String())),
  /** Not before then. */
  dueMs: Type.Optional(Type.Number()),
  /** Wall clock at which it opened; missing while it waits. */
  detectedAtMs: Type.Optional(Type.Number()),
  historical: Type.Boolean(),
  /** How often it came back after it had ended. */
  returns: Type.Optional(Type.Integer({ minimum: 0 }))
})
export type Group = Static<typeof Group>

/** What brought a change about. */
export interface Trigger {
  readonly closing: Closing
  readonly historical: boolean
  /** Event time, or the clock where no event was told. */
  readonly atMs: number
}

export interface Groups {
  /** Sets what is found about one member; what was found before and is no more ends. */
  set(member: string, found: readonly Found[], trigger: Trigger, goods?: readonly string[]): void
  /** Members of anomalies that the event bears witness of. */
  witnessedBy(eventID: string): string[]
  /** Ends those that the test picks. */
  end(test: (group: Group) => boolean, closing: Closing): void
  /** What opened, changed or closed since it was asked last, also because its time has come. */
  changes(nowMs: number): Anomaly[]
  counts(): { readonly open: number; readonly waiting: number; readonly forgotten: number; readonly unwatched: number }
  all(): ReadonlyMap<string, Group>
  ended(): ReadonlyMap<string, number>
  restore(groups: Readonly<Record<string, Group>>, ended?: Readonly<Record<string, number>>): void
}

export function createGroups(): Groups {
  const groups = new Map<string, Group>()
  const idsByMember = new Map<string, Set<string>>()
  /** Anomalies to tell of; those that closed stand here alone. */
  const changed = new Map<string, Anomaly | undefined>()
  /** Those told to be open. */
  const told = new Set<string>()
  /** Those that ended, with how often they had come back: a correction of a correction brings one back. */
  const ended = new Map<string, number>()
  let [open, forgotten, unwatched, nextDueMs] = [0, 0, 0, Infinity]

  const link = (member: string, id: string): void => {
    const ids = idsByMember.get(member)
    if (ids === undefined) idsByMember.set(member, new Set([id]))
    else ids.add(id)
  }
  const unlink = (member: string, id: string): void => {
    const ids = idsByMember.get(member)
    if (ids?.delete(id) === true && ids.size === 0) idsByMember.delete(member)
  }
  const drop = (id: string, group: Group): void => {
    groups.delete(id)
    for (const member of group.members) unlink(member, id)
    if (group.detectedAtMs !== undefined) open -= 1
  }
  const close = (id: string, group: Group, closing: Closing): void => {
    drop(id, group)
    // What was not told yet need not be taken back.
    if (told.has(id)) {
      changed.set(id, closedAnomaly(id, group, closing))
      ended.set(id, group.returns ?? 0)
      for (const oldest of ended.keys()) {
        if (ended.size <= endedMax) break
        ended.delete(oldest)
      }
    } else changed.delete(id)
    told.delete(id)
  }
  const add = (member: string, { finding, rule }: Found, trigger: Trigger, goods: readonly string[] | undefined): string => {
    const id = anomalyIdOf(finding.type, ...finding.cause)
    const known = groups.get(id)
    if (known === undefined) {
      if (finding.dueMs !== undefined && groups.size - open >= waitingMax) unwatched += 1
      else {
        const group = groupOf(member, { finding, rule }, trigger, goods)
        const returns = ended.get(id)
        if (returns !== undefined) group.returns = returns + 1
        groups.set(id, group)
        link(member, id)
        nextDueMs = Math.min(nextDueMs, finding.dueMs ?? -Infinity)
      }
      return id
    }
    if (known.detectedAtMs === undefined && finding.dueMs !== known.dueMs) {
      if (finding.dueMs === undefined) delete known.dueMs
      else known.dueMs = finding.dueMs
      nextDueMs = Math.min(nextDueMs, finding.dueMs ?? -Infinity)
    }
    if (idsByMember.get(member)?.has(id) === true) return id
    if (known.members.length >= membersMax) {
      known.more += 1
      return id
    }
    known.members.push(member)
    link(member, id)
    if (goods !== undefined) known.goods = [...new Set([...(known.goods ?? []), ...goods])].slice(0, membersMax)
    if (finding.witnesses.length > 0) addWitnesses(known, finding.witnesses)
    touch(id, known, trigger.atMs)
    return id
  }
  const touch = (id: string, group: Group, atMs: number): void => {
    group.lastMs = Math.max(group.lastMs + 1, atMs)
    if (group.detectedAtMs !== undefined) changed.set(id, undefined)
  }
  const remove = (member: string, id: string, trigger: Trigger): void => {
    const group = groups.get(id)
    unlink(member, id)
    if (group === undefined) return
    // What has closed still tells what it was about.
    if (group.members.length <= 1) return close(id, group, trigger.closing)
    group.members.splice(group.members.indexOf(member), 1)
    touch(id, group, trigger.atMs)
  }
  const openDue = (nowMs: number): void => {
    if (nowMs < nextDueMs) return
    nextDueMs = Infinity
    for (const [id, group] of groups) {
      if (group.detectedAtMs !== undefined) continue
      if (group.dueMs !== undefined && group.dueMs > nowMs) nextDueMs = Math.min(nextDueMs, group.dueMs)
      else {
        group.detectedAtMs = nowMs
        open += 1
        changed.set(id, undefined)
      }
    }
    for (const [id, group] of groups) {
      if (open <= openMax) break
      if (group.detectedAtMs === undefined || changed.has(id)) continue
      drop(id, group)
      told.delete(id)
      forgotten += 1
    }
  }
  return {
    set(member, found, trigger, goods) {
      if (found.length === 0 && !idsByMember.has(member)) return
      const before = [...(idsByMember.get(member) ?? [])]
      const now = new Set(found.map((one) => add(member, one, trigger, goods)))
      for (const id of before) if (!now.has(id)) remove(member, id, trigger)
    },
    witnessedBy(eventID) {
      const members = new Set<string>()
      for (const group of groups.values())
        if (group.witnesses.some((witness) => witness.eventID === eventID)) for (const member of group.members) members.add(member)
      return [...members]
    },
    end(test, closing) {
      for (const [id, group] of groups) if (test(group)) close(id, group, closing)
    },
    changes(nowMs) {
      openDue(nowMs)
      const anomalies: Anomaly[] = []
      for (const [id, closed] of changed) {
        const group = groups.get(id)
        if (group !== undefined) told.add(id)
        const anomaly = closed ?? (group === undefined ? undefined : anomalyOf(id, group))
        if (anomaly !== undefined) anomalies.push(anomaly)
      }
      changed.clear()
      return anomalies
    },
    counts: () => ({ open, waiting: groups.size - open, forgotten, unwatched }),
    all: () => groups,
    ended: () => ended,
    restore(kept, endedBefore = {}) {
      groups.clear()
      ended.clear()
      for (const [id, returns] of Object.entries(endedBefore)) ended.set(id, returns)
      idsByMember.clear()
      changed.clear()
      told.clear()
      ;[open, forgotten, unwatched, nextDueMs] = [0, 0, 0, -Infinity]
      for (const [id, group] of Object.entries(kept)) {
        groups.set(id, group)
        for (const member of group.members) link(member, id)
        if (group.detectedAtMs === undefined) continue
        open += 1
        told.add(id)
      }
    }
  }
}

function groupOf(member: string, { finding, rule }: Found, { historical }: Trigger, goods: readonly string[] | undefined): Group {
  const group: Group = {
    type: finding.type,
    rule,
    cause: [...finding.cause],
    onsetMs: finding.onsetMs,
    openedMs: finding.openedMs,
    lastMs: finding.openedMs,
    figures: { ...finding.figures },
    witnesses: [],
    proof: finding.proof(),
    members: [member],
    more: 0,
    historical
  }
  addWitnesses(group, finding.witnesses)
  if (finding.site?.point !== undefined) group.point = finding.site.point.id
  if (finding.place?.startsWith('https://id.gs1.org/') === true) group.place = finding.place
  if (goods !== undefined) group.goods = goods.slice(0, membersMax)
  if (finding.dueMs !== undefined) group.dueMs = finding.dueMs
  return group
}

function addWitnesses(group: Group, facts: readonly { readonly eventID: string; readonly eventTimeMs: number }[]): void {
  for (const { eventID, eventTimeMs } of facts) {
    if (group.witnesses.length >= witnessesPerAnomalyMax) return
    if (!group.witnesses.some((known) => known.eventID === eventID)) group.witnesses.push({ eventID, timeMs: eventTimeMs })
  }
}

function anomalyOf(id: string, group: Group): Anomaly {
  const { type, rule, point, place, onsetMs, openedMs, lastMs, figures, witnesses, members, more, historical } = group
  const goods = (group.goods ?? members).filter((key) => key.startsWith('https://id.gs1.org/'))
  return {
    id,
    type,
    category: 'trace',
    rule,
    status: 'open',
    ...(point === undefined ? {} : { point }),
    ...(place === undefined ? {} : { place }),
    goods,
    onsetMs,
    openedMs,
    lastMs,
    detectedAtMs: group.detectedAtMs ?? openedMs,
    historical,
    ...(group.returns === undefined ? {} : { returns: group.returns }),
    figures: { ...figures, count: members.length + more },
    witnesses: witnesses.map(({ eventID, timeMs }) => ({ type: 'event', eventID, timeMs })),
    proof: proofOf(group, goods)
  }
}

function proofOf(group: Group, goods: readonly string[]): BilingualText {
  const words = describeGoods(group.type, goods, group.members.length + group.more)
  return { en: group.proof.en.replace('{goods}', () => words.en), zh: group.proof.zh.replace('{goods}', () => words.zh) }
}

function closedAnomaly(id: string, group: Group, given: Closing): Anomaly {
  const anomaly = anomalyOf(id, group)
  const closing = group.type === 'dwell' ? endOfStay(given, anomaly) : given
  const closedMs = Math.max(closing.atMs, anomaly.openedMs)
  return { ...anomaly, status: 'closed', closedMs, lastMs: Math.max(anomaly.lastMs, closedMs), proof: closingProof(anomaly.proof, closing) }
}

/** Goods that moved on after the limit stayed too long until then; a move told late, before the limit, shows that they did not. */
function endOfStay(closing: Closing, { openedMs }: Anomaly): Closing {
  const { reason, eventTimeMs = 0 } = closing
  return reason === 'explained' && eventTimeMs >= openedMs ? { ...closing, reason: 'movedOn', atMs: eventTimeMs } : closing
}
