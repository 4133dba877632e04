/** A text that people read, in both languages of the product. */
import { Type, type Static } from 'typebox'

export const languages = ['zh', 'en'] as const
export type Language = (typeof languages)[number]

export const BilingualText = Type.Object({ zh: Type.String(), en: Type.String() }, { additionalProperties: false })
export type BilingualText = Static<typeof BilingualText>
