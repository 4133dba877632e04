/** The files that are made from code and kept under version control: what each must hold. Writes nothing itself. */
import { wireSchemas } from '@tracegate/model/wire-schemas'
import { AggregationEvent, AssociationEvent, ObjectEvent, TransactionEvent, TransformationEvent } from '@tracegate/model/epcis/event'
import { EpcisDocument } from '@tracegate/model/epcis/document'
import { ScanRule } from '@tracegate/model/scan-event'

export interface GeneratedFile {
  /** Path from the root of the project. */
  readonly path: string
  readonly text: string
}

const dialect = 'https://json-schema.org/draft/2020-12/schema'
const base = 'https://tracegate.dev/schema'

/** Every generated file, in the order of their paths. */
export function generatedFiles(): GeneratedFile[] {
  const epcis = { AggregationEvent, AssociationEvent, ObjectEvent, TransactionEvent, TransformationEvent, EPCISDocument: EpcisDocument }
  return [
    ...Object.entries(wireSchemas).map(([name, schema]) => schemaFile(`v1/${name}`, schema)),
    ...Object.entries(epcis).map(([name, schema]) => schemaFile(`epcis/${name}`, schema)),
    schemaFile('edge/scan-rule', ScanRule)
  ].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function schemaFile(name: string, schema: object): GeneratedFile {
  const title = name.slice(name.indexOf('/') + 1)
  const text = JSON.stringify({ $schema: dialect, $id: `${base}/${name}.json`, title, ...schema }, undefined, 2)
  return { path: `firmware-specs/schemas/${name}.json`, text: `${text}\n` }
}
