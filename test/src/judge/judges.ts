/** The judges by kind. Add a line here for a new one. */
import type { Judge } from './result.ts'

/** Loaded on demand, so that one kind does not pay for the others. */
export const judges: Readonly<Record<string, () => Promise<{ judge: Judge }>>> = {
  cap: () => import('./cap.ts'),
  'check-digit': () => import('./check-digit.ts'),
  'digital-link': () => import('./digital-link.ts'),
  epcis: () => import('./epcis.ts'),
  'epcis-hash': () => import('./epcis-hash.ts'),
  'scan-data': () => import('./scan-data.ts'),
  motes: () => import('./motes.ts'),
  nab: () => import('./nab.ts'),
  qartod: () => import('./qartod.ts'),
  traceback: () => import('./traceback.ts')
}
