/**
 * When a thing was inside of other things, and these inside of others: worked out once for all that share a container and the time in
 * it, as the items of a case do. Pure over a loaded session.
 */
import type { TraceFact } from '../trace-event.ts'
import { compareFacts, containerLevelsMax, countBefore, destroysContents, type Containment, type TraceSession } from './session.ts'

/** Part of the life of something that held goods: from the event `from` to the event `to`, both included. */
export interface ContainerWindow {
  readonly container: string
  readonly from: TraceFact
  readonly to?: TraceFact
}

export interface HeldWindow {
  /** One object for all that share container, begin and end. */
  readonly window: ContainerWindow
  /** 1 for what held the thing itself, 2 for what held that, and so on. */
  readonly level: number
  /** What was inside of the window's container by which event. */
  readonly containment: Containment
}

interface WindowMemo {
  /** By container. */
  readonly windows: Map<string, ContainerWindow[]>
  /** Asked for over and over by what shares it. */
  last: ContainerWindow | undefined
  readonly outer: Map<ContainerWindow, readonly HeldWindow[]>
  readonly facts: WeakMap<ContainerWindow, readonly TraceFact[]>
  readonly timelines: Map<string, Timeline>
  cyclesMet: number
}
const memos = new WeakMap<TraceSession, WindowMemo>()

function memoOf(session: TraceSession): WindowMemo {
  let memo = memos.get(session)
  if (memo === undefined) {
    memo = { windows: new Map(), last: undefined, outer: new Map(), facts: new WeakMap(), timelines: new Map(), cyclesMet: 0 }
    memos.set(session, memo)
  }
  return memo
}

/** The window of the containment, then those around it while it lasted, from the inside out. */
export function eachWindow(session: TraceSession, containment: Containment, visit: (held: HeldWindow) => void): void {
  const window = windowOf(memoOf(session), containment.parent, containment.opened, containment.closed)
  visit({ window, level: 1, containment })
  for (const held of outerWindows(session, window, [containment.child])) visit(held)
}

export function windowsOf(session: TraceSession, containment: Containment): HeldWindow[] {
  const windows: HeldWindow[] = []
  eachWindow(session, containment, (held) => windows.push(held))
  return windows
}

function windowOf(memo: WindowMemo, container: string, from: TraceFact, to: TraceFact | undefined): ContainerWindow {
  const { last } = memo
  if (last !== undefined && last.from === from && last.to === to && last.container === container) return last
  let windows = memo.windows.get(container)
  if (windows === undefined) {
    windows = []
    memo.windows.set(container, windows)
  }
  let window = windows.find((known) => known.from === from && known.to === to)
  if (window === undefined) {
    window = { container, from, ...(to === undefined ? {} : { to }) }
    windows.push(window)
  }
  memo.last = window
  return window
}

/** What held the container of the window meanwhile. */
function outerWindows(session: TraceSession, window: ContainerWindow, path: readonly string[]): readonly HeldWindow[] {
  const memo = memoOf(session)
  const known = memo.outer.get(window)
  if (known !== undefined) return known
  const cyclesBefore = memo.cyclesMet
  const found: HeldWindow[] = []
  const within = [...path, window.container]
  for (const containment of session.containments(window.container)) {
    if (within.includes(containment.parent) || within.length > containerLevelsMax) {
      memo.cyclesMet += 1
      continue
    }
    const start = later(window.from, containment.opened)
    const end = earlier(window.to, containment.closed)
    if (end !== undefined && compareFacts(start, end) >= 0) continue
    const around = windowOf(memo, containment.parent, start, end)
    found.push({ window: around, level: 2, containment })
    for (const held of outerWindows(session, around, within)) found.push({ ...held, level: held.level + 1 })
  }
  if (memo.cyclesMet === cyclesBefore) memo.outer.set(window, found)
  return found
}

function later(a: TraceFact, b: TraceFact): TraceFact {
  return compareFacts(a, b) > 0 ? a : b
}

function earlier(a: TraceFact | undefined, b: TraceFact | undefined): TraceFact | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareFacts(a, b) < 0 ? a : b
}

/** The container's own events in the window, its first and last included. */
export function factsInWindow(session: TraceSession, window: ContainerWindow): readonly TraceFact[] {
  const memo = memoOf(session)
  const known = memo.facts.get(window)
  if (known !== undefined) return known
  const all = session.facts(window.container)
  const start = countBefore(all, window.from)
  const end = window.to === undefined ? all.length : countBefore(all, window.to)
  const facts = all.slice(start, window.to !== undefined && all[end] === window.to ? end + 1 : end)
  memo.facts.set(window, facts)
  return facts
}

/** All that happened to a thing: its own events and those of what held it meanwhile, oldest first. */
export interface Timeline {
  readonly facts: readonly TraceFact[]
  /** For each event the index of the last one up to it that names a receiving party; -1 for none. */
  readonly lastParty: Int32Array
}

export function timelineOf(session: TraceSession, key: string): Timeline {
  const memo = memoOf(session)
  const known = memo.timelines.get(key)
  if (known !== undefined) return known
  const facts = mergedFacts(session, key)
  const lastParty = new Int32Array(facts.length)
  let last = -1
  for (const [at, fact] of facts.entries()) {
    if (destinationParty(fact) !== undefined) last = at
    lastParty[at] = last
  }
  const timeline = { facts, lastParty }
  memo.timelines.set(key, timeline)
  return timeline
}

/** The event that ends a window is the container's alone unless it names the thing itself or destroys what is inside. */
function mergedFacts(session: TraceSession, key: string): readonly TraceFact[] {
  const containments = session.containments(key)
  if (containments.length === 0) return session.facts(key)
  const facts = new Set<TraceFact>()
  for (const containment of containments)
    for (const { window } of windowsOf(session, containment))
      for (const fact of factsInWindow(session, window)) if (fact !== window.to || destroysContents(fact)) facts.add(fact)
  for (const fact of session.facts(key)) facts.add(fact)
  return [...facts].sort(compareFacts)
}

/** The events of the timeline of what held a thing, from the containment's begin up to right before its end, a destruction included, as indexes. */
export function spanOf(timeline: Timeline, { opened, closed }: Containment): { readonly start: number; readonly end: number } {
  const start = countBefore(timeline.facts, opened)
  if (closed === undefined) return { start, end: timeline.facts.length }
  const end = countBefore(timeline.facts, closed)
  return { start, end: timeline.facts[end] === closed && destroysContents(closed) ? end + 1 : end }
}

/** Who has it counts before who owns it. */
export function destinationParty(fact: TraceFact): string | undefined {
  let owner: string | undefined
  for (const { type, key } of fact.destinations) {
    if (type === 'possessing_party') return key
    if (type === 'owning_party') owner ??= key
  }
  return owner
}
