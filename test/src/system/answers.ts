/** The answers of the api that the tests of the whole system read. */
import { Type } from 'typebox'
import { DeadLetterPage } from '@tracegate/model/http-dead-letters'
import { AnomalyPage, LatestReading, RangeAnswer, WarningPage } from '@tracegate/model/http'
import { ExposureAnswer } from '@tracegate/model/trace'

export { AnomalyPage, DeadLetterPage, RangeAnswer, WarningPage }
export const ExposureAnswerOfPlace = ExposureAnswer
export const SeriesList = Type.Object({ items: Type.Array(Type.Object({ series: Type.String(), count: Type.Integer() })) })
export const ProblemAnswer = Type.Object({ status: Type.Integer(), code: Type.Optional(Type.String()), type: Type.String() })
export const LatestList = Type.Object({ items: Type.Array(LatestReading) })
