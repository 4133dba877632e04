/**
 * Judges what a query asks of sensor elements. Each condition holds when any one element meets it; `time`, `deviceID` and their like are
 * the same whether they stand in sensorMetadata or in a sensorReport (EPCIS 2.0 §7.3.7, conformance requirement TCR-53).
 */
import { commonUnitDifference, convertCommonUnit } from '../../common-unit.ts'
import { keyOf, parseTimeMs } from '../normalise.ts'
import { compare } from './compare.ts'
import type { EventCondition, SensorText } from './condition.ts'
import { memberOf, membersOf, type OpenEvent } from './event-members.ts'
import { bareMeasurementType } from './sensor-terms.ts'

interface SensorPart {
  readonly element: unknown
  readonly metadata: unknown
  readonly reports: readonly unknown[]
}

export function sensorPartsOf(event: OpenEvent): SensorPart[] {
  return membersOf(memberOf(event.members(), 'sensorElementList')).map((element) => ({
    element,
    metadata: memberOf(element, 'sensorMetadata'),
    reports: membersOf(memberOf(element, 'sensorReport'))
  }))
}

export function judgeSensorTime({ member, comparison, timeMs }: Extract<EventCondition, { type: 'sensorTime' }>) {
  return (event: OpenEvent): boolean =>
    sensorPartsOf(event).some(({ metadata, reports }) =>
      [metadata, ...reports].some((part) => {
        const text = memberOf(part, member)
        return typeof text === 'string' && compare(comparison, parseTimeMs(text), timeMs)
      })
    )
}

/** The one spelling in which values of the member are compared; queries are read with it too. */
export function sensorTextOf(member: SensorText, text: string): string {
  if (member === 'type') return bareMeasurementType(text)
  if (member === 'hexBinaryValue') return text.toUpperCase()
  return member === 'stringValue' ? text : keyOf(text)
}

export function judgeSensorText({ member, values }: Extract<EventCondition, { type: 'sensorText' }>) {
  const wanted = new Set(values)
  return (event: OpenEvent): boolean =>
    sensorPartsOf(event).some(({ metadata, reports }) =>
      [metadata, ...reports].some((part) => {
        const text = memberOf(part, member)
        return typeof text === 'string' && wanted.has(sensorTextOf(member, text))
      })
    )
}

/** A standard deviation is a difference: it converts without the offset between two scales. */
export function judgeSensorNumber({ member, comparison, values, uom }: Extract<EventCondition, { type: 'sensorNumber' }>) {
  const convert = member === 'sDev' ? commonUnitDifference : convertCommonUnit
  return (event: OpenEvent): boolean =>
    sensorPartsOf(event).some(({ reports }) =>
      reports.some((report) => {
        const number = memberOf(report, member)
        if (typeof number !== 'number') return false
        const unit = memberOf(report, 'uom')
        // A report without unit is of a quantity without dimension.
        const found = uom === undefined ? number : convert(number, typeof unit === 'string' ? unit : 'C62', uom)
        return found !== undefined && values.some((value) => compare(comparison, found, value))
      })
    )
}
