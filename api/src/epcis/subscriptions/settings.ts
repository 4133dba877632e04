/** What subscriptions may take and how long they wait: every bound in one place, with its default. */
import { BlockList, isIP } from 'node:net'
import type { DeliveryLimits } from './delivery-rules.ts'
import type { AllowedDestination } from './sender.ts'

export interface SubscriptionSettings extends DeliveryLimits {
  /** Why a receiver may not be called; asked when a subscription is made and again with the address that is about to be called. */
  readonly allowedDestination: AllowedDestination
  readonly nowMs: () => number
  /** In [0, 1); spreads retries and looks. */
  readonly random: () => number
  /** Head and answer of one POST. */
  readonly timeoutMs: number
  /** How often a stream looks into the store by itself, for what no bus told of. */
  readonly pollMs: number
  /** How long a stream waits after a wake-up, so that what comes together goes together. */
  readonly gatherMs: number
  /** Longest sleep without a look at the clock, which may be set. */
  readonly sleepMaxMs: number
  readonly batchBytesMax: number
  /** POSTs under way in all, and how many of them may be to receivers that failed before: those that hang must not hold up the rest. */
  readonly deliveriesAtOnceMax: number
  readonly retriesAtOnceMax: number
  readonly readsAtOnceMax: number
  readonly queriesMax: number
  readonly subscriptionsMax: number
  readonly subscriptionsPerQueryMax: number
  /** Dead letters of one subscription; with one more it stops, so that nothing is lost. */
  readonly deadLettersMax: number
  readonly socketsMax: number
  readonly socketsPerCallerMax: number
  readonly socketPingMs: number
  /** A WebSocket that has not taken a message for so long is closed. */
  readonly socketSlowAfterMs: number
}

const minuteMs = 60_000

export const subscriptionDefaults: SubscriptionSettings = {
  // Which addresses are private, and to whom, is a matter of rights; here only what no receiver can be.
  allowedDestination: (_url, address) => (address !== undefined && isNowhere(address) ? `${address} is no receiver` : undefined),
  nowMs: Date.now,
  random: Math.random,
  timeoutMs: 10_000,
  pollMs: 5_000,
  gatherMs: 20,
  sleepMaxMs: minuteMs,
  batchEventsMax: 500,
  batchBytesMax: 1_048_576,
  backOff: { minMs: 1_000, maxMs: 10 * minuteMs },
  retryAfterMaxMs: 60 * minuteMs,
  deadAfterMs: 72 * 60 * minuteMs,
  deliveriesAtOnceMax: 64,
  retriesAtOnceMax: 16,
  readsAtOnceMax: 4,
  queriesMax: 1_000,
  subscriptionsMax: 1_000,
  subscriptionsPerQueryMax: 100,
  deadLettersMax: 1_000,
  socketsMax: 256,
  socketsPerCallerMax: 32,
  socketPingMs: 30_000,
  socketSlowAfterMs: 30_000
}

/** The unspecified address, broadcast and multicast. */
/**
 * Unspecified, multicast and broadcast addresses, and the link-local ones (RFC 3927, RFC 4291), under which clouds tell machines their
 * secrets; an IPv4 address inside of an IPv6 one counts as itself.
 */
const nowhere = new BlockList()
nowhere.addAddress('0.0.0.0')
nowhere.addSubnet('169.254.0.0', 16)
nowhere.addSubnet('224.0.0.0', 4)
nowhere.addSubnet('255.0.0.0', 8)
nowhere.addAddress('::', 'ipv6')
nowhere.addSubnet('fe80::', 10, 'ipv6')
nowhere.addSubnet('ff00::', 8, 'ipv6')

function isNowhere(address: string): boolean {
  return nowhere.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Longest body of a named query or a subscription. */
export const queryBytesMax = 262_144
export const destLengthMax = 2_048
export const signatureTokenLengthMax = 1_024
