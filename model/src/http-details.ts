/** Answers of `/api/v1` that join several things of the model: a case with its journal, a public journey with the names it needs. */
import { Type, type Static } from 'typebox'
import { NameBook, ScenarioInfo } from './http.ts'
import { RecallMatch } from './linkset.ts'
import { BilingualText } from './text.ts'
import { JourneyAnswer } from './trace.ts'
import { WarningCase, WarningLevel } from './warning.ts'
import { TimeMs } from './wire.ts'

/** One signed-off step of a case as pages show it; `hash` covers the step and the hash before it. */
export const JournalEntry = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  atMs: TimeMs,
  by: Type.String(),
  action: Type.String(),
  why: Type.String(),
  hash: Type.String()
})
export type JournalEntry = Static<typeof JournalEntry>

export const WarningDetail = Type.Object({ ...WarningCase.properties, journal: Type.Optional(Type.Array(JournalEntry)) })
export type WarningDetail = Static<typeof WarningDetail>

export const ScenarioPage = Type.Object({ items: Type.Array(ScenarioInfo) })

/** What the public may know of a warning about a thing it holds. */
export const PublicWarning = Type.Object({
  id: Type.String(),
  level: WarningLevel,
  title: BilingualText,
  matters: BilingualText,
  startMs: TimeMs
})
export type PublicWarning = Static<typeof PublicWarning>

/** `GET /public/journey`: the journey with the names of its places, parties and products, and published warnings about the thing. */
export const PublicJourney = Type.Object({
  ...JourneyAnswer.properties,
  names: Type.Optional(NameBook),
  warnings: Type.Optional(Type.Array(PublicWarning)),
  recalls: Type.Optional(Type.Array(RecallMatch))
})
export type PublicJourney = Static<typeof PublicJourney>
