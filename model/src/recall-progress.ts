/** How far a recall is, per holder and in sum, as `recall-figures.ts` computes it. Schemas only. */
import { Type, type Static } from 'typebox'
import { contactStatuses, EffectivenessOutcome, HolderReply, recallStatuses } from './recall-case.ts'
import { recallOutcomes } from './recall-outcome.ts'
import { BilingualText } from './text.ts'
import { Quantity } from './trace.ts'
import { TimeMs } from './wire.ts'

const Count = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, maximum: 1 })

export const OutcomeFigure = Type.Object({
  outcome: Type.Enum(recallOutcomes),
  count: Count,
  serials: Count,
  quantities: Type.Array(Quantity)
})
export type OutcomeFigure = Static<typeof OutcomeFigure>

/** moreThanEvents: events show less than was said; lessThanEvents: more; soldAfter: sold although the holder said that sale was stopped. */
export const contradictionKinds = ['moreThanEvents', 'lessThanEvents', 'soldAfter'] as const
export const Contradiction = Type.Object({
  kind: Type.Enum(contradictionKinds),
  of: Type.String({ description: 'The member of the reply' }),
  said: Type.Number(),
  seen: Type.Number()
})
export type Contradiction = Static<typeof Contradiction>

/**
 * `waiting`: it goes out at the next look; `failed`: it is tried again; `dead`: it is not; `notNeeded`: the page of the notice was opened;
 * the others say why none is sent.
 */
const noticeMailStates = ['sent', 'waiting', 'failed', 'dead', 'notNeeded', 'notRunning', 'drill', 'noAddress', 'noMailServer'] as const
export const NoticeMail = Type.Object({
  state: Type.Enum(noticeMailStates),
  atMs: Type.Optional(TimeMs),
  failure: Type.Optional(Type.String())
})
export type NoticeMail = Static<typeof NoticeMail>

export const HolderProgress = Type.Object({
  id: Type.String(),
  key: Type.String(),
  name: Type.Optional(BilingualText),
  place: Type.Optional(Type.String()),
  /** What it held when the scope was frozen. */
  goods: Count,
  outcomes: Type.Array(OutcomeFigure),
  /** Of these goods with another holder now, and neither returned, corrected nor destroyed. */
  movedOn: Count,
  status: Type.Optional(Type.Enum(contactStatuses)),
  notified: Type.Boolean(),
  mail: Type.Optional(NoticeMail),
  responded: Type.Boolean(),
  sentAtMs: Type.Optional(TimeMs),
  readAtMs: Type.Optional(TimeMs),
  acknowledgedAtMs: Type.Optional(TimeMs),
  repliedAtMs: Type.Optional(TimeMs),
  respondByMs: Type.Optional(TimeMs),
  overdue: Type.Boolean(),
  reply: Type.Optional(HolderReply),
  contradictions: Type.Array(Contradiction),
  lastEventMs: Type.Optional(TimeMs)
})
export type HolderProgress = Static<typeof HolderProgress>

/** The six figures of a recall status report (21 CFR 7.53(b)). */
export const StatusFigures = Type.Object({
  /** Of all holders. */
  holders: Count,
  notified: Count,
  notifiedFrom: Type.Optional(TimeMs),
  notifiedTo: Type.Optional(TimeMs),
  methods: Type.Array(Type.String()),
  responding: Count,
  /** Goods on hand: in stock or quarantined. */
  onHand: Count,
  onHandQuantities: Type.Array(Quantity),
  notResponding: Count,
  returnedOrCorrected: Count,
  returnedOrCorrectedQuantities: Type.Array(Quantity),
  accountedFor: Count,
  checksDone: Count,
  checksDrawn: Count,
  checksEffective: Count,
  completionShare: Share,
  completeByMs: Type.Optional(TimeMs),
  /** At the pace so far; missing while there is none. */
  completionAtMs: Type.Optional(TimeMs)
})

export const RecallProgress = Type.Object({
  recall: Type.String(),
  status: Type.Enum(recallStatuses),
  scopeVersion: Count,
  noticeVersion: Count,
  asOfMs: TimeMs,
  goods: Count,
  totals: Type.Array(OutcomeFigure),
  /** Share of the goods that were returned, corrected or destroyed. */
  correctionRate: Share,
  months: Type.Array(Type.Object({ month: Type.String({ description: 'YYYY-MM' }), removed: Count, rate: Share })),
  figures: StatusFigures,
  holders: Type.Array(HolderProgress),
  holdersFound: Count,
  contradictions: Count,
  outcomes: Type.Array(EffectivenessOutcome),
  truncated: Type.Boolean(),
  tookMs: Type.Number()
})
export type RecallProgress = Static<typeof RecallProgress>
