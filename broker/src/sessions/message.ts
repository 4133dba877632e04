/** A message on its way to sessions: what they share of it, and what each keeps of its own. Data only. */
import type { Qos } from '../packets.ts'

/** What is delivered; held once however many sessions queue it. */
export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: Qos
  /** As a subscriber shall see it: set for what was retained before it subscribed (MQTT 3.1.1 §3.3.1.3). */
  readonly retain: boolean
}

/** A topic and payload that is queued, with its place in the file. */
export interface Body {
  /** 0: not kept in the file. */
  readonly key: number
  readonly topic: string
  readonly payload: Uint8Array
  /** Queue entries that point here; in the file it goes with the last. */
  entries: number
  onDisk: boolean
}

/** waiting: not sent. sent: awaits PUBACK or PUBREC. released: PUBREL is sent, awaits PUBCOMP. */
export const entryStates = ['waiting', 'sent', 'released'] as const
type EntryState = (typeof entryStates)[number]

/** One message of QoS 1 or 2 for one session. */
export interface Entry {
  readonly session: string
  /** Order of arrival, over all sessions. */
  readonly ordinal: number
  readonly body: Body
  readonly qos: 1 | 2
  readonly retain: boolean
  /** 0 while waiting. */
  packetId: number
  state: EntryState
  /** It may have been sent before. */
  dup: boolean
  onDisk: boolean
  done: boolean
}

/** An entry that does not outlive the process: what is retained can be asked for again. */
export function unkeptEntry(session: string, { topic, payload, retain }: Message, qos: 1 | 2): Entry {
  return createEntry({ session, ordinal: 0, body: createBody(0, topic, payload), qos, retain })
}

export function createBody(key: number, topic: string, payload: Uint8Array): Body {
  return { key, topic, payload, entries: 0, onDisk: false }
}

export function createEntry(fields: Pick<Entry, 'session' | 'ordinal' | 'body' | 'qos' | 'retain'>): Entry {
  fields.body.entries += 1
  return { ...fields, packetId: 0, state: 'waiting', dup: false, onDisk: false, done: false }
}

export function isKept(entry: Entry): boolean {
  return entry.body.key !== 0
}

export function bytesOf(body: Body): number {
  return body.payload.length + body.topic.length + overheadBytes
}

/** What an entry costs beside its text and payload, measured roughly; tiny messages are not free. */
const overheadBytes = 128
