/** What notices, replies and checks make of the holders of a recall. Pure. */
import { recallError } from './recall-errors.ts'
import { liveRecallStatuses, type EffectivenessOutcome, type HolderContact, type RecallCase } from './recall-case.ts'
import type { RecallHolder } from './recall-parts.ts'
import type { NoticeMail } from './recall-progress.ts'
import type { ContactEntry, RecallStep } from './recall-steps.ts'

/** How far each status is; a later word never takes back an earlier one, but that a sending failed. */
const rank = { failed: 0, sent: 1, delivered: 2, read: 3, acknowledged: 4 } as const

/** Entries of this channel say what became of the mail that the product sends. */
export const mailChannel = 'email'

type Contacts = RecallCase['contacts']

/** In a new version of the notice everybody is to be reached again, so that what was reached before does not count for it. */
export function mergeContacts(before: RecallCase, entries: readonly ContactEntry[]): Contacts {
  const contacts = { ...before.contacts }
  const version = before.notice?.version ?? 1
  for (const entry of entries) contacts[entry.holder] = mergeEntry(contacts[entry.holder], entry, version)
  return contacts
}

function mergeEntry(known: HolderContact | undefined, entry: ContactEntry, version: number): HolderContact {
  const { holder, status, atMs, channel } = entry
  const before: HolderContact =
    known?.noticeVersion === version ? known : { ...replyOf(known), holder, noticeVersion: version, replies: known?.replies ?? 0 }
  const stamp = stampOf(before, status, atMs)
  const best = before.status === undefined || rank[status] > rank[before.status] ? status : before.status
  const mail = channel === mailChannel ? { mail: mailAfter(before.mail, entry) } : {}
  return { ...before, ...stamp, status: best, ...(channel === undefined ? {} : { channel }), ...mail }
}

/** A mail that was sent is not taken back by a failure told later. */
function mailAfter(before: HolderContact['mail'], { status, atMs, failure, dead = false }: ContactEntry): HolderContact['mail'] {
  if (status !== 'failed') return { sentAtMs: Math.min(before?.sentAtMs ?? Infinity, atMs), dead: false }
  if (before?.sentAtMs !== undefined) return before
  const isAnew = before?.dead === true && !dead
  return { failedAtMs: isAnew ? atMs : (before?.failedAtMs ?? atMs), dead, ...(failure === undefined ? {} : { failure }) }
}

/** What stands in the way of the mail of a holder, or what became of it. */
export function noticeMailOf(
  recall: RecallCase,
  holder: Pick<RecallHolder, 'id' | 'contact'>,
  { hasServer, drills }: { readonly hasServer: boolean; readonly drills: boolean }
): NoticeMail {
  const known = recall.contacts[holder.id]
  const contact = known?.noticeVersion === recall.notice?.version ? known : undefined
  const mail = contact?.mail
  if (mail?.sentAtMs !== undefined) return { state: 'sent', atMs: mail.sentAtMs }
  const failed = mail === undefined ? {} : { atMs: mail.failedAtMs ?? 0, ...(mail.failure === undefined ? {} : { failure: mail.failure }) }
  if (mail?.dead === true) return { state: 'dead', ...failed }
  if (contact?.status === 'read' || contact?.status === 'acknowledged') return { state: 'notNeeded' }
  if (recall.notice === undefined || !liveRecallStatuses.has(recall.status)) return { state: 'notRunning' }
  if (recall.drill && !drills) return { state: 'drill' }
  if (holder.contact?.email === undefined) return { state: 'noAddress' }
  if (!hasServer) return { state: 'noMailServer' }
  return mail === undefined ? { state: 'waiting' } : { state: 'failed', ...failed }
}

function replyOf(known: HolderContact | undefined): Partial<HolderContact> {
  if (known?.reply === undefined) return {}
  const { reply, repliedAtMs, repliedBy } = known
  return { reply, ...(repliedAtMs === undefined ? {} : { repliedAtMs }), ...(repliedBy === undefined ? {} : { repliedBy }) }
}

/** The first time of each kind. */
function stampOf(before: HolderContact, status: ContactEntry['status'], atMs: number): Partial<HolderContact> {
  switch (status) {
    case 'sent':
      return { sentAtMs: Math.min(before.sentAtMs ?? Infinity, atMs) }
    case 'failed':
      return { failedAtMs: Math.max(before.failedAtMs ?? 0, atMs) }
    case 'delivered':
      return { deliveredAtMs: Math.min(before.deliveredAtMs ?? Infinity, atMs) }
    case 'read':
      return { readAtMs: Math.min(before.readAtMs ?? Infinity, atMs) }
    case 'acknowledged':
      return { acknowledgedAtMs: Math.min(before.acknowledgedAtMs ?? Infinity, atMs) }
    default:
      return status satisfies never
  }
}

/** A reply acknowledges the notice; the last reply counts, all of them are in the journal. */
export function mergeReply(
  before: RecallCase,
  { holder, reply }: Extract<RecallStep, { type: 'replied' }>,
  { atMs, by }: { readonly atMs: number; readonly by: string }
): Contacts {
  const known = mergeContacts(before, [{ holder, status: 'acknowledged', atMs }])
  const contact = known[holder]
  if (contact === undefined) throw recallError('RECALL_HOLDER', { id: before.id, step: 'replied', holder })
  return { ...known, [holder]: { ...contact, reply, repliedAtMs: atMs, repliedBy: by, replies: contact.replies + 1 } }
}

/** Of the drawn holders those that got the notice and acted on it; a level without checks passes with none. */
export function conclude(
  before: RecallCase,
  wanted: number,
  { atMs, by }: { readonly atMs: number; readonly by: string }
): EffectivenessOutcome {
  const drawn = before.sample?.rows ?? []
  const results = new Map(before.checks.map((check) => [check.holder, check]))
  const failing = drawn.map(({ holder }) => holder).filter((holder) => !isEffective(results.get(holder)))
  const effective = drawn.length - failing.length
  const share = drawn.length === 0 ? 1 : effective / drawn.length
  return { round: before.sample?.round ?? 1, atMs, by, checked: drawn.length, effective, share, wanted, passed: share >= wanted, failing }
}

function isEffective(check: RecallCase['checks'][number] | undefined): boolean {
  return check !== undefined && check.reached && check.noticeReceived && check.acted
}
