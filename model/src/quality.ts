/** QARTOD quality flags of a reading, and how several combine into one. */
import { Type, type Static } from 'typebox'

/** 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing (QARTOD manual, flag scheme IOC 54:V3). */
export const qualityFlags = [1, 2, 3, 4, 9] as const

export const QualityFlag = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4), Type.Literal(9)], {
  description: 'QARTOD flag: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing'
})
export type QualityFlag = Static<typeof QualityFlag>

/** Precedence from low to high when flags of several tests are combined. */
const precedence: Readonly<Record<QualityFlag, number>> = { 9: 0, 2: 1, 1: 2, 3: 3, 4: 4 }

/** The flag that stands for all: the highest in the order 9, 2, 1, 3, 4. No flag at all is 2 (not evaluated). */
export function combineFlags(flags: readonly QualityFlag[]): QualityFlag {
  let worst: QualityFlag | undefined
  for (const flag of flags) if (worst === undefined || precedence[flag] > precedence[worst]) worst = flag
  return worst ?? 2
}
