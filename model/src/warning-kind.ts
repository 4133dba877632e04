/** Which kind of warning fits (task 9): port control, operators who reduce the risk, or the public. It proposes; a person decides. Pure. */
import type { PublicationPolicy } from './policy/publication.ts'
import type { BilingualText } from './text.ts'
import type { WarningKind } from './warning.ts'

export interface KindFacts {
  readonly harm: number
  /** Goods sold to consumers or on sale. */
  readonly consumers: number
  /** Goods at ports or under way. */
  readonly ports: number
}

export function proposeKind(facts: KindFacts, policy: PublicationPolicy): { kind: WarningKind; reason: BilingualText } {
  const row = policy.kinds.find(
    ({ harmAtLeast = 1, consumersAtLeast = 0, portsAtLeast = 0 }) =>
      facts.harm >= harmAtLeast && facts.consumers >= consumersAtLeast && facts.ports >= portsAtLeast
  )
  const kind = row?.kind ?? 'operatorNotice'
  return { kind, reason: reasonOf(kind, facts) }
}

function reasonOf(kind: WarningKind, { harm, consumers, ports }: KindFacts): BilingualText {
  switch (kind) {
    case 'publicAnnouncement':
      return {
        zh: `${consumers} 件已售或在售，危害 ${harm}：须采取强制性措施并警示消费者（公告）`,
        en: `${consumers} of the goods are sold or on sale with harm ${harm}: mandatory measures are needed and consumers are warned`
      }
    case 'bulletin':
      return {
        zh: `${ports} 件在口岸或在途：须实施口岸布控（通报）`,
        en: `${ports} of the goods are at ports or under way: port control is needed`
      }
    case 'operatorNotice':
      return {
        zh: '货物在经营者处：提醒其及时采取风险消减措施（通告）',
        en: 'The goods are with operators: they are to reduce the risk in time'
      }
    default:
      return kind satisfies never
  }
}
