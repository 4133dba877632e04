/**
 * What the conformance requirement TCR-53 of EPCIS 2.0 asks beyond the schemas: that the attributes which metadata and reports share stand
 * in one of them only.
 */
import type { Static } from 'typebox'
import type { Reason } from '../errors.ts'
import type { SensorElement } from './schema-parts.ts'

type Element = Static<typeof SensorElement>

const sharedAttributes = ['time', 'deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod'] as const

/** A report with a time of its own, another than the metadata's, is another observation: it may name again what it was made with. */
export function sensorFindings(elements: readonly Element[] | undefined): Reason[] {
  const findings: Reason[] = []
  for (const [index, { sensorMetadata, sensorReport }] of (elements ?? []).entries()) {
    if (sensorMetadata === undefined) continue
    for (const [at, report] of sensorReport.entries()) {
      const isOther =
        report.time !== undefined && sensorMetadata.time !== undefined && Date.parse(report.time) !== Date.parse(sensorMetadata.time)
      if (isOther) continue
      for (const name of sharedAttributes) {
        if (report[name] === undefined || sensorMetadata[name] === undefined) continue
        const pointer = `/sensorElementList/${index}/sensorReport/${at}/${name}`
        const message = `${pointer} stands in the sensorMetadata, too, expected it in one of the two (TCR-53)`
        findings.push({ code: 'EPCIS_SENSOR_ATTRIBUTE_TWICE', pointer, message })
      }
    }
  }
  return findings
}
