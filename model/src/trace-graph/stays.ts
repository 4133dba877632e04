/**
 * Where goods were and when, from their own events and those of the things they were inside of. Pure over a loaded session;
 * it must not guess: without evidence of leaving, goods stay where they were last seen.
 */
import { leavingBizSteps, type TraceSubject } from '../trace-event.ts'
import type { Stay } from '../trace.ts'
import {
  compareFacts,
  destroysContents,
  endsGoods,
  isClassKind,
  roleBits,
  type Containment,
  type TraceFact,
  type TraceSession
} from './session.ts'

/** At `place` from the event on; without a place: gone from where it was. */
interface Move {
  readonly fact: TraceFact
  readonly place: string | undefined
  readonly within: string | undefined
}

/** Moves of keys already worked out, per question; `path` guards against things that are said to be inside of themselves. */
interface MoveMemo {
  readonly moves: Map<string, Move[]>
  readonly path: Set<string>
  cyclesMet: number
}
const memos = new WeakMap<TraceSession, MoveMemo>()

function memoOf(session: TraceSession): MoveMemo {
  let memo = memos.get(session)
  if (memo === undefined) {
    memo = { moves: new Map(), path: new Set(), cyclesMet: 0 }
    memos.set(session, memo)
  }
  return memo
}

/** The GLN place that a place key with an extension (AI 254) belongs to; the key itself otherwise. */
export function glnPlace(place: string): string {
  const at = place.indexOf('/254/')
  return at < 0 ? place : place.slice(0, at)
}

/** A sub-location belongs to its GLN place when that is asked for; an exact sub-location matches itself alone. */
export function placeMatches(asked: string, place: string): boolean {
  return place === asked || glnPlace(place) === asked
}

/** Every stay of a loaded key, oldest first. */
export function deriveStays(session: TraceSession, key: string): Stay[] {
  if (isClassKind(session.kindOf(key))) return classStays(session, key)
  return movesToStays(session, key, movesOf(session, key))
}

/** Own moves and, while inside of something, its moves; one-of-a-kind things are in one place at a time. */
function movesOf(session: TraceSession, key: string): Move[] {
  const memo = memoOf(session)
  const known = memo.moves.get(key)
  if (known !== undefined) return known
  const cyclesBefore = memo.cyclesMet
  const byFact = new Map<TraceFact, Move>()
  memo.path.add(key)
  for (const containment of session.containments(key)) {
    if (memo.path.has(containment.parent)) {
      memo.cyclesMet += 1
      continue
    }
    for (const move of movesInside(session, containment)) byFact.set(move.fact, move)
  }
  memo.path.delete(key)
  for (const fact of session.facts(key)) {
    const move = ownMove(session.rolesOf(fact, key), fact)
    if (move !== undefined) byFact.set(fact, move)
  }
  const moves = [...byFact.values()].sort((a, b) => compareFacts(a.fact, b.fact))
  if (memo.cyclesMet === cyclesBefore) memo.moves.set(key, moves)
  return moves
}

function ownMove(roles: number, fact: TraceFact): Move | undefined {
  const used = (roles & (roleBits.input | roleBits.output)) === roleBits.input
  if (used || (endsGoods(fact) && fact.type !== 'TransformationEvent')) return { fact, place: undefined, within: undefined }
  if (fact.bizLocation !== undefined) return { fact, place: fact.bizLocation, within: undefined }
  return leavingBizSteps.has(fact.bizStep ?? '') ? { fact, place: undefined, within: undefined } : undefined
}

/** Where a loaded key is now; undefined when it is under way, no more, or nobody said. */
export function openPlaceOf(session: TraceSession, key: string): string | undefined {
  if (isClassKind(session.kindOf(key))) return deriveStays(session, key).findLast((stay) => stay.toMs === undefined)?.place
  return latestMove(session, key, () => true)?.place
}

/** Where a loaded key is, or was last: what `deriveStays` ends with, without working out the rest. */
export function lastPlaceOf(session: TraceSession, key: string): string | undefined {
  if (!isClassKind(session.kindOf(key))) return latestMove(session, key, hasPlace)?.place
  const stays = deriveStays(session, key)
  return (stays.findLast((stay) => stay.toMs === undefined) ?? stays.at(-1))?.place
}

function hasPlace(move: Move): boolean {
  return move.place !== undefined
}

function latestMove(session: TraceSession, key: string, counts: (move: Move) => boolean): Move | undefined {
  let last: Move | undefined
  const facts = session.facts(key)
  for (let at = facts.length - 1; at >= 0 && last === undefined; at -= 1) {
    const fact = facts[at]
    const move = fact === undefined ? undefined : ownMove(session.rolesOf(fact, key), fact)
    if (move !== undefined && counts(move)) last = move
  }
  for (const containment of session.containments(key)) {
    const move = latestMoveInside(session, containment, counts)
    if (move !== undefined && (last === undefined || compareFacts(move.fact, last.fact) > 0)) last = move
  }
  return last
}

function latestMoveInside(
  session: TraceSession,
  { parent, opened, closed }: Containment,
  counts: (move: Move) => boolean
): Move | undefined {
  const moves = movesOf(session, parent)
  for (let at = moves.length - 1; at >= 0; at -= 1) {
    const move = moves[at]
    if (move === undefined || isAfter(move, closed)) continue
    if (compareFacts(move.fact, opened) < 0) {
      return move.place === undefined || opened.bizLocation !== undefined ? undefined : { fact: opened, place: move.place, within: parent }
    }
    if (counts(move)) return { ...move, within: parent }
  }
  return undefined
}

/** What the parent did while it held the child, opened by where the parent was at that time. */
function movesInside(session: TraceSession, containment: Containment): Move[] {
  const { parent, opened, closed } = containment
  const moves: Move[] = []
  let before: Move | undefined
  for (const move of movesOf(session, parent)) {
    if (isAfter(move, closed)) break
    if (compareFacts(move.fact, opened) < 0) before = move
    else moves.push({ ...move, within: parent })
  }
  if (before?.place !== undefined && opened.bizLocation === undefined && moves[0]?.fact !== opened) {
    moves.unshift({ fact: opened, place: before.place, within: parent })
  }
  return moves
}

/** The event that ends a containment is none of the contents' moves, but where it destroys them. */
function isAfter({ fact }: Move, closed: TraceFact | undefined): boolean {
  if (closed === undefined) return false
  return fact === closed ? !destroysContents(fact) : compareFacts(fact, closed) >= 0
}

function movesToStays(session: TraceSession, key: string, moves: readonly Move[], endMs?: number): Stay[] {
  const kind = session.kindOf(key)
  const stays: Stay[] = []
  let at: Move | undefined
  const close = (toMs: number | undefined): void => {
    if (at?.place === undefined) return
    stays.push({
      key,
      kind,
      place: at.place,
      fromMs: at.fact.eventTimeMs,
      ...(toMs === undefined ? {} : { toMs }),
      ...(at.within === undefined ? {} : { within: at.within }),
      eventID: at.fact.eventID
    })
  }
  for (const move of moves) {
    if (move.place === at?.place) continue
    close(move.fact.eventTimeMs)
    at = move
  }
  close(endMs)
  return stays
}

/** A lot lies loose in places and is inside of units at the same time; both kinds of stays stand side by side. */
function classStays(session: TraceSession, key: string): Stay[] {
  const stays = looseStays(session, key)
  for (const containment of session.containments(key)) {
    const { quantity, uom } = containment
    for (const stay of movesToStays(session, key, movesInside(session, containment), containment.closed?.eventTimeMs)) {
      stays.push({
        ...stay,
        within: containment.parent,
        ...(quantity === undefined ? {} : { quantity }),
        ...(uom === undefined ? {} : { uom })
      })
    }
  }
  return stays.sort((a, b) => a.fromMs - b.fromMs || (a.place < b.place ? -1 : 1))
}

interface LoosePart {
  readonly fact: TraceFact
  /** Missing when a quantity was not told or units differ: then the first leaving event ends the stay. */
  quantity: number | undefined
  readonly uom: string | undefined
}

/**
 * Loose stays of a class, per place. Commissioning, receiving and unpacking bring a quantity, other events with the place only
 * show it; leaving, packing, use and destruction take theirs, and the stay ends when nothing is left or the rest is unknown.
 */
function looseStays(session: TraceSession, key: string): Stay[] {
  const parts = new Map<string, LoosePart>()
  const stays: Stay[] = []
  const end = (place: string, toMs: number | undefined): void => {
    const part = parts.get(place)
    if (part === undefined) return
    parts.delete(place)
    stays.push({
      key,
      kind: session.kindOf(key),
      place,
      fromMs: part.fact.eventTimeMs,
      ...(toMs === undefined ? {} : { toMs }),
      eventID: part.fact.eventID,
      ...(part.quantity === undefined ? {} : { quantity: part.quantity }),
      ...(part.uom === undefined ? {} : { uom: part.uom })
    })
  }
  for (const fact of session.facts(key)) {
    for (const subject of session.subjectsOf(fact, key)) {
      if (takesAway(fact, subject)) {
        for (const place of placesLeft(fact, [...parts.keys()])) {
          if (!partLeft(parts.get(place), subject)) end(place, fact.eventTimeMs)
        }
      } else if (fact.bizLocation !== undefined) {
        arrive(parts, fact.bizLocation, fact, subject)
      }
    }
  }
  for (const place of parts.keys()) end(place, undefined)
  return stays
}

function takesAway(fact: TraceFact, subject: TraceSubject): boolean {
  if (subject.role === 'input') return true
  if (subject.role === 'child') return fact.action !== 'DELETE'
  if (subject.role === 'output') return false
  return endsGoods(fact) || (fact.bizLocation === undefined && leavingBizSteps.has(fact.bizStep ?? ''))
}

/** Where a class left from: the place named by the event, else the only place it can be. */
function placesLeft(fact: TraceFact, open: readonly string[]): string[] {
  const named = [
    fact.bizLocation,
    fact.readPoint,
    ...fact.sources.filter((source) => source.type === 'location').map((source) => source.key)
  ]
  for (const place of named) {
    if (place === undefined) continue
    const same = open.filter((candidate) => candidate === place)
    if (same.length > 0) return same
    const near = open.filter((candidate) => glnPlace(candidate) === glnPlace(place))
    if (near.length > 0) return near.slice(0, 1)
  }
  return open.length === 1 ? [...open] : []
}

function partLeft(part: LoosePart | undefined, subject: TraceSubject): boolean {
  if (part?.quantity === undefined || subject.quantity === undefined || part.uom !== subject.uom) return false
  if (subject.quantity >= part.quantity) return false
  part.quantity -= subject.quantity
  return true
}

function arrive(parts: Map<string, LoosePart>, place: string, fact: TraceFact, subject: TraceSubject): void {
  const part = parts.get(place)
  if (part === undefined) {
    parts.set(place, { fact, quantity: subject.quantity, uom: subject.uom })
    return
  }
  const brings = fact.action === 'ADD' || subject.role === 'output' || subject.role === 'child' || fact.bizStep === 'receiving'
  if (part.quantity === undefined || subject.quantity === undefined || part.uom !== subject.uom)
    part.quantity = brings ? undefined : part.quantity
  else part.quantity = brings ? part.quantity + subject.quantity : Math.max(part.quantity, subject.quantity)
}
