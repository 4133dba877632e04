/**
 * What is new in several series of one place at about the same time is one anomaly; what is new where goods are already at risk, or in a
 * sensor already at fault, is no anomaly of its own. It decides which novelties are one, never what is new. Bounded.
 */
import { Type, type Static } from 'typebox'
import { Anomaly, seriesPerAnomalyMax, witnessesPerAnomalyMax } from '@tracegate/model/anomaly'

const Group = Type.Object({
  scope: Type.String(),
  anomaly: Anomaly,
  /** Open novelties by series. */
  open: Type.Array(Type.String())
})
type Group = Static<typeof Group>

export const NoveltyGroups = Type.Array(Group)
export type NoveltyGroups = Static<typeof NoveltyGroups>

/** Groups that are open at a time; what is new beyond is told by itself. */
const groupsMax = 1_000

export interface NoveltyBook {
  /** A state of the novelty of one series. `explained`: something else tells of it already. Gives what is to be told. */
  take(series: string, novelty: Anomaly, context: { readonly explained: boolean; readonly togetherMs: number }): Anomaly | undefined
  state(): NoveltyGroups
}

export function createNoveltyBook(before: NoveltyGroups = []): NoveltyBook {
  const groups = [...before]

  function close(group: Group, series: string, closedMs: number): Anomaly | undefined {
    group.open = group.open.filter((one) => one !== series)
    if (group.open.length > 0) return undefined
    groups.splice(groups.indexOf(group), 1)
    return { ...group.anomaly, status: 'closed', closedMs, lastMs: Math.max(group.anomaly.lastMs, closedMs) }
  }

  return {
    state: () => groups,
    take(series, novelty, { explained, togetherMs }) {
      const own = groups.find((group) => group.open.includes(series))
      if (novelty.status === 'closed') return own === undefined ? undefined : close(own, series, novelty.closedMs ?? novelty.lastMs)
      if (own !== undefined) {
        if (own.anomaly.id !== novelty.id) return undefined
        own.anomaly = { ...novelty, ...(own.anomaly.series === undefined ? {} : { series: own.anomaly.series }) }
        return own.anomaly
      }
      if (explained) return undefined
      const scope = novelty.place ?? `${novelty.point ?? ''}/${novelty.device ?? ''}`
      const beside = groups.find((group) => group.scope === scope && Math.abs(novelty.openedMs - group.anomaly.openedMs) <= togetherMs)
      if (beside !== undefined) {
        const known = beside.anomaly.series ?? []
        beside.open.push(series)
        beside.anomaly = {
          ...beside.anomaly,
          lastMs: Math.max(beside.anomaly.lastMs, novelty.lastMs),
          series: [...new Set([...known, series])].slice(0, seriesPerAnomalyMax),
          witnesses: [...beside.anomaly.witnesses, ...novelty.witnesses].slice(0, witnessesPerAnomalyMax)
        }
        return beside.anomaly
      }
      const anomaly: Anomaly = { ...novelty, series: [series] }
      if (groups.length < groupsMax) groups.push({ scope, anomaly, open: [series] })
      return anomaly
    }
  }
}
