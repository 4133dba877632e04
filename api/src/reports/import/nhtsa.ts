/** Recalls of the National Highway Traffic Safety Administration of the United States: its flat file, tabs between 24 and more fields, no header. */
import type { ReportedGoods } from '@tracegate/model/report'
import { intakeError } from '../errors.ts'
import { given, line, paragraphs, textOf, type Imported } from './imported.ts'

/** Places of the fields, from 0 (RCL.txt of the agency). */
const at = {
  record: 0,
  campaign: 1,
  make: 2,
  model: 3,
  year: 4,
  manufacturerCampaign: 5,
  component: 6,
  manufacturer: 7,
  affected: 11,
  reported: 15,
  defect: 19,
  consequence: 20,
  remedy: 21,
  notes: 22
} as const
const fieldsMin = 22

export function readNhtsa(bytes: Uint8Array): Imported[] {
  const lines = textOf(bytes, 'nhtsa')
    .split(/\r?\n/)
    .filter((one) => one.trim() !== '')
  return lines.map((text, index) => {
    const fields = text.split('\t')
    if (fields.length < fieldsMin || !/^\d+$/.test(fields[at.record] ?? ''))
      throw intakeError('REPORT_FORMAT', {
        format: 'nhtsa',
        detail: `line ${index + 1} has ${fields.length} fields, expected ${fieldsMin} or more`
      })
    const field = (name: keyof typeof at) => line(fields[at[name]])
    const whole = (name: keyof typeof at) => fields[at[name]]
    const occurredMs = dayOf(field('reported'))
    const vehicle = [field('make'), field('model')].filter((part) => part !== undefined).join(' ')
    return {
      // A campaign has a line for each make and model.
      sourceId: `NHTSA ${field('campaign') ?? ''} ${field('record') ?? ''}`,
      told: {
        title: line(`${vehicle}: ${field('component') ?? ''}`) ?? 'NHTSA',
        text: paragraphs([
          ['Defect', whole('defect')],
          ['Consequence', whole('consequence')],
          ['Remedy', whole('remedy')],
          ['Notes', whole('notes')],
          ['Component', whole('component')],
          ['Model year', field('year') === '9999' ? undefined : field('year')],
          ['Campaign of the manufacturer', whole('manufacturerCampaign')],
          ['Units', whole('affected')]
        ]),
        goods: given<ReportedGoods>({
          name: line(vehicle),
          brand: field('make'),
          model: field('model'),
          manufacturer: field('manufacturer'),
          category: field('component')
        }),
        country: 'US',
        ...(occurredMs === undefined ? {} : { occurredMs })
      },
      raw: { mediaType: 'text/tab-separated-values', text }
    }
  })
}

function dayOf(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text ?? '')
  if (match === null) return undefined
  const timeMs = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  return Number.isNaN(timeMs) ? undefined : timeMs
}
