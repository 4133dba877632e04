/** TG-2xx and the faults of single members: every payload decodes, matches its schema, and says version 1. Pure. */
import type { View } from '../view.ts'
import { type Fault, faultOf, type Finding, judged, nameOf, type Rule } from './finding.ts'

/** What the reading of the messages put under a requirement, see `message.ts`. */
export function memberFaults(view: View, id: string): Fault[] {
  return view.publishes.flatMap((publish) =>
    publish.faults
      .filter((fault) => fault.id === id)
      .map(({ reason }) => faultOf(publish, { seen: `${nameOf(publish)}: ${reason.message}`, expected: expectedOf(id, publish.channel) }))
  )
}

function expectedOf(id: string, channel: string): string {
  if (id === 'TG-201') return 'one JSON object in UTF-8, or one CBOR map as the contract allows it'
  if (id === 'TG-203') return 'v: 1'
  return `what the schema of ${channel} says`
}

const ofMembers =
  (id: string): Rule =>
  (view): Finding =>
    judged(memberFaults(view, id), { at: view.publishes.length, what: encodingsOf(view), without: 'nothing was published' })

function encodingsOf(view: View): string {
  const cbor = view.publishes.filter(({ encoding }) => encoding === 'cbor').length
  return cbor === 0 ? 'messages' : `messages (${cbor} of them CBOR)`
}

export const messageRules: Readonly<Record<string, Rule>> = {
  'TG-201': ofMembers('TG-201'),
  'TG-202': ofMembers('TG-202'),
  'TG-203': ofMembers('TG-203')
}
