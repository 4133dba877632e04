/** What is in a recording, found by reading it once before anything is sent: its devices, their metrics, and its first and last time. */
import type { EdgeDevice } from '../../config.ts'
import { readRecording, type RecordingOptions } from './recording.ts'

export interface RecordingSurvey {
  readonly rows: number
  readonly firstMs: number
  readonly lastMs: number
  readonly devices: readonly EdgeDevice[]
}

/** Throws `RECORDING` for a file that is missing or has no known layout. */
export async function surveyRecording(file: string, options: RecordingOptions): Promise<RecordingSurvey> {
  let rows = 0
  let firstMs = Infinity
  let lastMs = 0
  const metrics = new Map<string, Map<string, string>>()
  for await (const row of readRecording(file, options)) {
    rows += 1
    if (row.type === 'refused') continue
    for (const reading of row.readings) {
      firstMs = Math.min(firstMs, reading.timeMs)
      lastMs = Math.max(lastMs, reading.timeMs)
      const known = metrics.get(reading.device) ?? new Map<string, string>()
      metrics.set(reading.device, known.set(reading.metric, reading.unit))
    }
  }
  const devices = [...metrics].map(([id, known]): EdgeDevice => ({
    id,
    kind: 'recording',
    name: { zh: `${id} 记录`, en: `Recording ${id}` },
    metrics: [...known].map(([metric, unit]) => ({ metric, unit }))
  }))
  return { rows, firstMs: firstMs === Infinity ? 0 : firstMs, lastMs, devices }
}
