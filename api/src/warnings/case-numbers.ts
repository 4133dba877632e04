/** Numbers of cases: one count a kind and year. Unlike the numbers of publications they may have gaps. */
import type { CaseStore } from '@tracegate/store/case-store'

/** W: warnings; D: drills of warnings; A: assessments; E: evaluations. */
export async function nextCaseNumber(cases: CaseStore, prefix: 'W' | 'D' | 'A' | 'E', nowMs: number): Promise<string> {
  const series = `${prefix}-${new Date(nowMs).getUTCFullYear()}`
  return `${series}-${String(await cases.nextNumber(series)).padStart(6, '0')}`
}
