/** In what the test broker can be wrong, and the shapes it works with. Not for production use. */
import type { Socket } from 'node:net'

export interface Oddities {
  versions: readonly number[]
  /** CONNACK code for everybody. */
  connack: number
  /** SUBACK code for everything. */
  suback: number | undefined
  puback: 'right' | 'never' | 'before a crash it forgets'
  delivery: 'right' | 'never' | 'reversed'
  /** kept: as clients ask. forgotten: no session is kept. lying: it is said to be there, and is empty. */
  sessions: 'kept' | 'forgotten' | 'lying' | 'half'
  redelivery: 'right' | 'never' | 'without dup'
  takeover: boolean
  share: 'alternate' | 'by publisher' | 'to nobody' | 'to everybody' | 'refused' | 'lossy'
  qos2: 'right' | 'twice' | 'downgraded' | 'closed' | 'no pubrec'
  retained: 'right' | 'dropped' | 'without flag' | 'never cleared'
  will: 'right' | 'never' | 'always'
  keepAlive: boolean
  payloadBytesMax: number
  receiveMaximum: boolean
  topicAlias: 'right' | 'none' | 'lost'
  name: string | undefined
}

export const rightInAll: Oddities = {
  versions: [3, 4, 5],
  connack: 0,
  suback: undefined,
  puback: 'right',
  delivery: 'right',
  sessions: 'kept',
  redelivery: 'right',
  takeover: true,
  share: 'alternate',
  qos2: 'right',
  retained: 'right',
  will: 'right',
  keepAlive: true,
  payloadBytesMax: Infinity,
  receiveMaximum: true,
  topicAlias: 'right',
  name: 'odd broker 1'
}

export interface Message {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly from: string
  retain: boolean
  dup: boolean
}

export interface Session {
  readonly clientId: string
  readonly filters: Map<string, number>
  readonly queue: Message[]
  readonly inFlight: Map<number, Message>
  line: Line | undefined
  nextId: number
}

export interface Line {
  readonly socket: Socket
  readonly version: number
  readonly clean: boolean
  readonly receiveMaximum: number
  readonly aliases: Map<number, string>
  readonly unreleased: Set<number>
  will: Message | undefined
  heardAtMs: number
}

export function copyOf(message: Message, most: number): Message {
  const qos = Math.min(message.qos, most)
  return { ...message, qos: qos === 2 ? 2 : qos === 1 ? 1 : 0, retain: false }
}

function hashOf(text: string): number {
  return Buffer.from(text).reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7)
}

/** MQTT 3.1.1 §4.7. */
export function covers(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [index, part] of wanted.entries()) {
    if (part === '#') return true
    if (levels[index] === undefined || (part !== '+' && part !== levels[index])) return false
  }
  return wanted.length === levels.length
}

export interface ShareChoice {
  readonly members: readonly Session[]
  readonly share: Oddities['share']
  /** Counts the messages to groups. */
  readonly turn: number
}

/** Which members of a shared group get a message. */
export function membersFor({ from }: Message, { members, share, turn }: ShareChoice): readonly Session[] {
  const pick = (among: readonly Session[], index: number) => among.slice(index % among.length, (index % among.length) + 1)
  switch (share) {
    case 'to nobody':
      return []
    case 'to everybody':
      return members
    case 'lossy':
      return turn % 4 === 0 ? [] : pick(members, turn)
    case 'by publisher': {
      // Only those who are there, as brokers do that hash.
      const there = members.filter(({ line }) => line !== undefined)
      return pick(there.length > 0 ? there : members, hashOf(from))
    }
    case 'alternate':
    case 'refused':
      return pick(members, turn)
    default:
      return share satisfies never
  }
}
