/** The parts of `docs/detectors.md` in their order. */
import { judgesSection } from './judges-section.ts'
import { motesSection } from './motes-section.ts'
import { nabSection } from './nab-section.ts'
import { readingsSection } from './readings-section.ts'
import type { DetectorSection } from './section.ts'
import { surgeSection } from './surge-section.ts'
import { traceSection } from './trace-section.ts'

export const sections: readonly DetectorSection[] = [nabSection, motesSection, judgesSection, readingsSection, traceSection, surgeSection]
