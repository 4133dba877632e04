/** Under which references a condition finds its events: hints of the query as the keys that events are stored under. Pure. */
import type { EventCondition } from '@tracegate/model/epcis/query/condition'
import { hintsOf, type EventReference } from '@tracegate/model/epcis/query/hints'
import { memberKey, transactionKey, transformationKey } from '@tracegate/model/trace-graph/references'

/** Every event that meets the condition stands under one of them; undefined where that cannot be told. */
export function lookupKeysOf(condition: EventCondition): string[] | undefined {
  const { references } = hintsOf(condition)
  const keys = references?.map(keysOf)
  return keys?.every((ofOne) => ofOne !== undefined) === true ? [...new Set(keys.flatMap((ofOne) => ofOne ?? []))] : undefined
}

function keysOf({ kind, value }: EventReference): readonly string[] | undefined {
  switch (kind) {
    case 'key':
      return [value]
    case 'product':
      return [value, memberKey(value)]
    case 'transformation':
      return [transformationKey(value)]
    case 'bizTransaction':
      return [transactionKey(value)]
    case 'source':
    case 'destination':
    case 'correctiveEvent':
    case 'device':
      return undefined
    default:
      return kind
  }
}
