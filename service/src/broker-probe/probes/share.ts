/** Shared subscriptions: whether each message goes to one member of a group, and whether a publisher stays with its member. */
import type { ProbeClient, ProtocolVersion } from '../probe-client.ts'
import { differs, type Outcome, type Probe, type ProbeContext, refusalOf, works } from '../probe.ts'

const publishers = 4
const topicsEach = 2
const messagesEach = 8
const canaries = publishers * messagesEach

export const probeShare: Probe = async (context) => {
  const found = await shareOn(context, context.version, 'share')
  return { share: found.share, 'share-by-publisher': found.byPublisher }
}

export const probeShareOn5: Probe = async (context) => ({ 'share-5': (await shareOn(context, 5, 'share5')).share })

interface ShareFound {
  readonly share: Outcome
  readonly byPublisher: Outcome
}

async function shareOn(context: ProbeContext, version: ProtocolVersion, name: string): Promise<ShareFound> {
  await using left = await context.open({ name: `${name}-a`, version })
  await using right = await context.open({ name: `${name}-b`, version })
  const root = context.topic(name)
  const filter = `$share/tg-probe-${context.run}/${root}/#`
  for (const member of [left, right]) {
    const refusal = refusalOf(await member.subscribe(filter), 'subscription with $share')
    if (refusal !== undefined) return both(refusal)
  }
  // One after the other: in step with each other they could meet a round robin that seems to keep them apart.
  for (let index = 0; index < publishers; index += 1) await publishCanaries(context, { name: `${name}-${index}`, version, root })
  const came = () => new Set([...left.received, ...right.received].map(({ payload }) => payload.toString()))
  await left.until(() => false, context.quietMs)
  if (came().size < canaries) await waitFor(context, () => came().size >= canaries)
  await context.quiet()
  return judgeShare(left, right, came())
}

const both = (outcome: Outcome): ShareFound => ({ share: outcome, byPublisher: outcome })

async function publishCanaries(
  context: ProbeContext,
  { name, version, root }: { readonly name: string; readonly version: ProtocolVersion; readonly root: string }
): Promise<void> {
  await using publisher = await context.open({ name, version })
  // A device has several topics with one count over all of them.
  const sent = Array.from({ length: messagesEach }, (_, index) =>
    publisher.publish({ topic: `${root}/${name}/${index % topicsEach}`, payload: `${name} ${index}` })
  )
  await Promise.all(sent)
}

async function waitFor(context: ProbeContext, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + context.stepMs
  while (!condition() && performance.now() < endMs && !context.signal.aborted) await context.quiet()
}

function judgeShare(left: ProbeClient, right: ProbeClient, came: ReadonlySet<string>): ShareFound {
  const split = [left, right].map(({ received }) => received.length)
  const receipts = left.received.length + right.received.length
  const value = { canaries, receipts, split: split.join(' + ') }
  if (receipts === 0) return both(differs(`granted, and of ${canaries} canaries none was delivered to any member`, value))
  if (came.size < canaries) return both(differs(`granted, and of ${canaries} canaries ${canaries - came.size} were not delivered`, value))
  if (receipts > canaries) return both(differs(`granted, and ${canaries} canaries were received ${receipts} times by two members`, value))
  const share = works(`${canaries} canaries, each received once by one of two members (${value.split})`, value)
  return { share, byPublisher: judgeAffinity(left, right) }
}

function judgeAffinity(left: ProbeClient, right: ProbeClient): Outcome {
  const publishersOf = ({ received }: ProbeClient) => new Set(received.map(({ payload }) => payload.toString().split(' ')[0]))
  const ofLeft = publishersOf(left)
  const torn = [...publishersOf(right)].filter((name) => ofLeft.has(name)).length
  if (torn > 0)
    return differs(`the messages of ${torn} of ${publishers} publishers were split between the members of a shared group`, { torn })
  const one = left.received.length === 0 || right.received.length === 0 ? '; one member received those of all' : ''
  return works(`all messages of a publisher went to the same member of a shared group${one}`, { torn })
}
