/**
 * The policy of publication: which warning and which recall notice goes out by which channels, who may see it, how often a delivery is
 * tried, and what subscribers may ask for. Addresses of servers and secrets are configuration of a deployment, never policy.
 */
import { Type, type Static } from 'typebox'
import { BilingualText } from '../text.ts'
import { warningLevels } from './grading.ts'

/**
 * cap: files; atom: the feed; page: the pages and the enquiry; mqtt: retained topics; webhook, email: subscribers and the addresses named
 * here; portControl: the outbox to the port control centre.
 */
export const channelNames = ['cap', 'atom', 'page', 'mqtt', 'webhook', 'email', 'portControl'] as const
export type ChannelName = (typeof channelNames)[number]

/** What goes out: the three kinds of warnings (task 9), and the notice of a recall. */
export const noticeKinds = ['bulletin', 'operatorNotice', 'publicAnnouncement', 'recallNotice'] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** public: anybody; operators: signed in, or a subscriber cleared for it; ports: as operators, and the ports it is addressed to. */
export const audienceNames = ['public', 'operators', 'ports'] as const
export type AudienceName = (typeof audienceNames)[number]

const closed = { additionalProperties: false } as const
const Ms = (description: string) => Type.Integer({ minimum: 100, maximum: 31_536_000_000, description })

const Certainty = Type.Enum(['Observed', 'Likely', 'Possible', 'Unlikely'] as const)

export const ChannelRow = Type.Object(
  {
    kind: Type.Enum(noticeKinds),
    levels: Type.Array(Type.Enum(warningLevels), { maxItems: 4, description: 'Empty: every level' }),
    channels: Type.Array(Type.Enum(channelNames), { minItems: 1, uniqueItems: true }),
    audience: Type.Enum(audienceNames),
    drills: Type.Array(Type.Enum(channelNames), { uniqueItems: true, description: 'The channels that a drill takes' })
  },
  closed
)
export type ChannelRow = Static<typeof ChannelRow>

export const ChannelsPolicy = Type.Object(
  {
    source: Type.String(),
    issuer: Type.Object(
      {
        name: BilingualText,
        sender: Type.String({
          pattern: '^[^\\s,<&]{1,128}$',
          description: 'Sender of CAP messages: an address or domain that names the issuer'
        }),
        contact: Type.Optional(Type.String({ maxLength: 256 }))
      },
      closed
    ),
    /** What a CAP message says of its certainty, by what the warning began with. */
    certainty: Type.Object({ anomaly: Certainty, report: Certainty, certificate: Certainty, manual: Certainty }, closed),
    utcOffset: Type.String({ pattern: '^[+-](?:0\\d|1[0-4]):[0-5]\\d$', description: 'Offset that times are written with' }),
    rows: Type.Array(ChannelRow, { minItems: 1, maxItems: 64, description: 'The first row that fits decides' }),
    /** Fixed receivers beside the subscribers. */
    receivers: Type.Array(
      Type.Object(
        {
          channel: Type.Union([Type.Literal('webhook'), Type.Literal('email')]),
          address: Type.String({ minLength: 3, maxLength: 2_048 }),
          kinds: Type.Array(Type.Enum(noticeKinds), { maxItems: 4, description: 'Empty: every kind' }),
          levels: Type.Array(Type.Enum(warningLevels), { maxItems: 4, description: 'Empty: every level' }),
          ports: Type.Array(Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$' }), { maxItems: 100, description: 'Empty: whatever the port' })
        },
        closed
      ),
      { maxItems: 200 }
    ),
    retry: Type.Object(
      {
        firstMs: Ms('Wait after the first failure'),
        longestMs: Ms('Longest wait between two attempts'),
        deadAfterMs: Ms('A delivery that failed so long goes to the dead letters until somebody sends it again')
      },
      closed
    ),
    subscriptions: Type.Object(
      {
        max: Type.Integer({ minimum: 1, maximum: 100_000 }),
        perAddressMax: Type.Integer({ minimum: 1, maximum: 1_000 }),
        confirmWithinMs: Ms('An unconfirmed subscription is forgotten after'),
        mailsPerHourMax: Type.Integer({
          minimum: 1,
          maximum: 1_000,
          description: 'Past it the mails of one address wait and come as one digest'
        }),
        digestMs: Ms('How long a digest gathers')
      },
      closed
    )
  },
  closed
)
export type ChannelsPolicy = Static<typeof ChannelsPolicy>

const hourMs = 3_600_000

export const channelsDefaults: ChannelsPolicy = {
  source:
    '[ours] Guofa [2017] No. 43, task 10 names precise push, broadcast, internet, new media and an open channel for enquiry, no table',
  issuer: {
    name: { zh: '进出口商品质量安全风险预警中心', en: 'Import and export product risk warning centre' },
    sender: 'warnings@tracegate.invalid'
  },
  certainty: { anomaly: 'Observed', report: 'Likely', certificate: 'Observed', manual: 'Possible' },
  utcOffset: '+08:00',
  rows: [
    {
      kind: 'bulletin',
      levels: [],
      channels: ['cap', 'atom', 'page', 'mqtt', 'webhook', 'email', 'portControl'],
      audience: 'ports',
      drills: ['cap', 'atom', 'page', 'portControl']
    },
    {
      kind: 'operatorNotice',
      levels: [],
      channels: ['cap', 'atom', 'page', 'mqtt', 'webhook', 'email'],
      audience: 'operators',
      drills: ['cap', 'atom', 'page']
    },
    {
      kind: 'publicAnnouncement',
      levels: [],
      channels: ['cap', 'atom', 'page', 'mqtt', 'webhook', 'email'],
      audience: 'public',
      drills: ['cap', 'atom', 'page']
    },
    { kind: 'recallNotice', levels: [], channels: ['atom', 'page', 'mqtt', 'webhook', 'email'], audience: 'public', drills: [] }
  ],
  receivers: [],
  retry: { firstMs: 2_000, longestMs: hourMs / 4, deadAfterMs: 72 * hourMs },
  subscriptions: { max: 10_000, perAddressMax: 20, confirmWithinMs: 48 * hourMs, mailsPerHourMax: 6, digestMs: hourMs }
}
