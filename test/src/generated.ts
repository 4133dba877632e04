/** The files that are made from code and kept under version control: what each must hold. Writes nothing itself. */
import { existsSync, readFileSync } from 'node:fs'
import { KitOptions, kitPrefix } from '@tracegate/conformance/options'
import { sampleText, sampleTypes } from '@tracegate/edge/configuration-sample'
import { configurationTable } from '@tracegate/edge/configuration-table'
import { replayPrefix, ReplayCliOptions } from '@tracegate/edge/replay-options'
import { loadSourceKinds } from '@tracegate/edge/source-kinds'
import { sourceTable } from '@tracegate/edge/source-table'
import { platformSchemas, pointSchemas, schemaNameOf, wireSchemas } from '@tracegate/model/wire-schemas'
import { AggregationEvent, AssociationEvent, ObjectEvent, TransactionEvent, TransformationEvent } from '@tracegate/model/epcis/event'
import { EpcisDocument } from '@tracegate/model/epcis/document'
import { ScanRule } from '@tracegate/model/scan-event'
import { optionsAsMarkdown } from '@tracegate/service/config'
import { optionsPrefix, StartOptions } from '@tracegate/sim/options'
import { generatedC } from './c/generate-c.ts'
import { asyncApiText } from './contract/asyncapi-document.ts'
import { contractSections, proofDocument, readmeSections } from './contract/contract-document.ts'
import { vectorFiles } from './contract/vectors/vector-files.ts'

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
    ...Object.entries({ ...wireSchemas, ...pointSchemas, ...platformSchemas }).map(([name, schema]) =>
      schemaFile(`v1/${schemaNameOf(name)}`, schema)
    ),
    ...Object.entries(epcis).map(([name, schema]) => schemaFile(`epcis/${name}`, schema)),
    schemaFile('edge/scan-rule', ScanRule),
    ...generatedC(),
    ...vectorFiles().map(({ path, text }) => ({ path: `firmware-specs/vectors/${path}`, text })),
    { path: 'firmware-specs/asyncapi.json', text: asyncApiText() },
    readmeFile('firmware-specs/README.md', readmeSections()),
    readmeFile('firmware-specs/contract.md', contractSections('en')),
    readmeFile('firmware-specs/contract.zh-CN.md', contractSections('zh')),
    { path: 'firmware-specs/proof.md', text: proofDocument() },
    { path: 'edge/sample.yaml', text: sampleText(sampleTypes()) },
    readmeFile('edge/README.md', {
      options: configurationTable(),
      'replay-options': optionsAsMarkdown(ReplayCliOptions, replayPrefix)
    }),
    ...sourceReadmes(),
    readmeFile('conformance/README.md', { options: optionsAsMarkdown(KitOptions, kitPrefix) }),
    readmeFile('sim/README.md', { options: optionsAsMarkdown(StartOptions, optionsPrefix) })
  ].sort((a, b) => (a.path < b.path ? -1 : 1))
}

const sourceKinds = await loadSourceKinds()

/** Of the protocols whose README leaves a place for the table of their members. */
function sourceReadmes(): GeneratedFile[] {
  return [...sourceKinds.values()].flatMap(({ type, schema }) => {
    const path = `edge/src/source/${type}/README.md`
    const file = new URL(`../../${path}`, import.meta.url)
    const hasPlace = existsSync(file) && readFileSync(file, 'utf8').includes('<!-- generated: members -->')
    return hasPlace ? [readmeFile(path, { members: sourceTable(schema) })] : []
  })
}

function schemaFile(name: string, schema: object): GeneratedFile {
  const title = name.slice(name.indexOf('/') + 1)
  const text = JSON.stringify({ $schema: dialect, $id: `${base}/${name}.json`, title, ...schema }, undefined, 2)
  return { path: `firmware-specs/schemas/${name}.json`, text: `${text}\n` }
}

/** The file as it stands, with each of its sections `<!-- generated: name -->` written anew. */
function readmeFile(path: string, sections: Readonly<Record<string, string>>): GeneratedFile {
  let text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  for (const [name, section] of Object.entries(sections)) {
    const open = `<!-- generated: ${name} -->\n`
    const start = text.indexOf(open)
    const end = text.indexOf('<!-- /generated -->', start)
    if (start < 0 || end < 0)
      throw new RangeError(`Cannot generate: ${path} has no section "${open.trim()}", expected one that ends in "<!-- /generated -->"`)
    text = `${text.slice(0, start + open.length)}${section}\n${text.slice(end)}`
  }
  return { path, text }
}
