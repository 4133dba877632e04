/**
 * The chain of a case's journal: each step's hash covers the step and the hash before it, so that nothing can be changed,
 * taken out or put between unseen. Pure; it proves order and content, not who wrote it.
 */
import { hash } from 'node:crypto'
import type { CaseKind, JournalStep, NewStep } from './case-store.ts'

export type JournalVerdict = { readonly ok: true } | { readonly ok: false; readonly index: number; readonly detail: string }

/** What the first step of a case points back to: it binds the chain to its case. */
export function firstHashOf(of: { readonly kind: CaseKind; readonly id: string }): string {
  return hash('sha256', canonicalJson([of.kind, of.id]), 'hex')
}

/** The next step of a journal. `data` is taken as JSON carries it: what JSON drops is not kept. */
export function chainStep(step: NewStep, at: { readonly index: number; readonly previousHash: string }): JournalStep {
  const data: unknown = step.data === undefined ? null : JSON.parse(JSON.stringify(step.data) ?? 'null')
  const bare = { index: at.index, atMs: step.atMs, by: step.by, action: step.action, why: step.why, data, previousHash: at.previousHash }
  return { ...bare, hash: hashOf(bare) }
}

/** Checks indices, links and hashes. With `of` also that the chain belongs to this case. */
export function verifyJournal(steps: readonly JournalStep[], of?: { readonly kind: CaseKind; readonly id: string }): JournalVerdict {
  let previousHash = of === undefined ? steps[0]?.previousHash : firstHashOf(of)
  for (const [index, step] of steps.entries()) {
    if (step.index !== index) return { ok: false, index, detail: `index is ${step.index}, expected ${index}` }
    if (step.previousHash !== previousHash)
      return { ok: false, index, detail: `previousHash is ${step.previousHash}, expected ${previousHash}` }
    const hash = hashOf(step)
    if (step.hash !== hash) return { ok: false, index, detail: `hash is ${step.hash}, expected ${hash}` }
    previousHash = hash
  }
  return { ok: true }
}

function hashOf(step: Omit<JournalStep, 'hash'>): string {
  const { index, atMs, by, action, why, data, previousHash } = step
  return hash('sha256', canonicalJson({ index, atMs, by, action, why, data, previousHash }), 'hex')
}

/** JSON with members sorted by UTF-16 code units and no white space (RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
