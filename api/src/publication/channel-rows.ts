/** Which channels a notice takes, and to whom: what the policy's table says. Pure. */
import type { ChannelName, ChannelRow, ChannelsPolicy, NoticeKind } from '@tracegate/model/policy/channels'
import type { PublicNotice } from '@tracegate/model/notice'
import type { WarningLevel } from '@tracegate/model/warning'

export function channelRowOf(policy: ChannelsPolicy, kind: NoticeKind, level: WarningLevel | undefined): ChannelRow | undefined {
  return policy.rows.find((row) => row.kind === kind && (row.levels.length === 0 || level === undefined || row.levels.includes(level)))
}

export function channelsOf(row: ChannelRow, drill: boolean): readonly ChannelName[] {
  return drill ? row.channels.filter((channel) => row.drills.includes(channel)) : row.channels
}

/** The fixed receivers of the policy that a notice fits. */
export function receiversOf(policy: ChannelsPolicy, notice: PublicNotice, channels: readonly ChannelName[]): ChannelsPolicy['receivers'] {
  return policy.receivers.filter(
    ({ channel, kinds, levels, ports }) =>
      channels.includes(channel) &&
      (kinds.length === 0 || kinds.includes(notice.kind)) &&
      (levels.length === 0 || notice.level === undefined || levels.includes(notice.level)) &&
      (ports.length === 0 || ports.some((port) => notice.ports.includes(port) || notice.areas.some(({ unlocode }) => unlocode === port)))
  )
}
