/**
 * Products, parties and places as records with versions: read, searched, written and removed, with who said what. The rules of a field
 * are those of `kinds.ts`; this file keeps order among writers and says what is wrong.
 */
import { isDeepStrictEqual } from 'node:util'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { missingFields, Provenance, type MasterDataKind, type Said, type Standing } from '@tracegate/model/master-data-record'
import type { CaseStore, RegisterRow } from '@tracegate/store/case-store'
import type { TSchema } from 'typebox'
import type { Registers } from '../registers.ts'
import { readDraft } from './draft.ts'
import { kindSpecs, type Draft, type KindSpec } from './kinds.ts'

/** One record as it is served. */
export interface RecordRow {
  readonly id: string
  readonly version: number
  readonly standing: Standing
  readonly value: Draft
  readonly missing: string[]
  readonly provenance: Provenance
}

/** A register row with the provenance taken out of the document. */
export interface Kept {
  readonly rowId: string
  readonly version: number
  readonly value: Draft
  readonly provenance: Provenance
}

/** What a record may be checked against. */
export interface Surroundings {
  readonly profiles: ReadonlySet<string>
  readonly points: ReadonlySet<string>
  /** Place to its parent. */
  readonly parentOf: ReadonlyMap<string, string>
}

/** A write that was found right and not done yet. */
export interface Plan {
  readonly id: string
  readonly before: Kept | undefined
  readonly value: Draft
  readonly provenance: Provenance
  readonly change: 'added' | 'changed' | 'unchanged'
  /** Names of the fields that differ. */
  readonly fields: readonly string[]
  readonly notes: readonly Reason[]
}

export type Planned = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly findings: readonly Reason[] }

const provenanceValidator = compileValidator(Provenance)
const validators = new Map<MasterDataKind, Validator<TSchema>>()

function validatorOf(spec: KindSpec): Validator<TSchema> {
  const known = validators.get(spec.kind) ?? compileValidator(spec.schema)
  validators.set(spec.kind, known)
  return known
}

/** The registered rows by id of the record; a row that is no record of the kind stands in nobody's way. */
export async function readKept(cases: CaseStore, spec: KindSpec): Promise<Map<string, Kept>> {
  const kept = new Map<string, Kept>()
  for (const row of await cases.list(spec.kind)) {
    const one = keptOf(row)
    const id = one?.value[spec.id]
    if (one !== undefined && typeof id === 'string') kept.set(id, one)
  }
  return kept
}

function keptOf(row: RegisterRow): Kept | undefined {
  const { document } = row
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined
  const value: Record<string, unknown> = { ...document }
  const read = provenanceValidator.check(value['provenance'])
  delete value['provenance']
  return { rowId: row.id, version: row.version, value, provenance: read.ok ? read.value : {} }
}

/** All rows of a kind by id, the registered ones filled from what is told, then what is told of only. */
export async function readRows(
  options: { readonly cases: CaseStore; readonly registers: Registers },
  kind: MasterDataKind
): Promise<RecordRow[]> {
  const spec = kindSpecs[kind]
  const [kept, told] = await Promise.all([readKept(options.cases, spec), options.registers.told()])
  const rows = new Map<string, RecordRow>()
  for (const [id, { version, value, provenance }] of kept)
    rows.set(id, { id, version, standing: 'registered', value, missing: missingFields(kind, value), provenance })
  for (const one of told[kind]) {
    const said: Draft = { ...one.value }
    const id = said[spec.id]
    if (typeof id !== 'string') continue
    const known = rows.get(id)
    const value = known === undefined ? said : { ...pick(said, Object.keys(one.provenance)), ...known.value }
    rows.set(id, {
      id,
      version: known?.version ?? 0,
      standing: known === undefined ? 'told' : 'registered',
      value,
      missing: missingFields(kind, value),
      provenance: { ...one.provenance, ...known?.provenance }
    })
  }
  return [...rows.values()].sort((left, right) => (left.id < right.id ? -1 : 1))
}

function pick(draft: Draft, names: readonly string[]): Draft {
  return Object.fromEntries(names.filter((name) => draft[name] !== undefined).map((name) => [name, draft[name]]))
}

/** Whether a row has the words, each somewhere in it. */
export function matchesWords(row: RecordRow, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const text = JSON.stringify(row.value).toLowerCase()
  return words.every((word) => text.includes(word))
}

interface PlanInput {
  readonly spec: KindSpec
  readonly body: Draft
  readonly before: Kept | undefined
  readonly said: Said
  readonly around: Surroundings
  /** Fields that the body does not name stay as they are; otherwise they go. */
  readonly merge: boolean
}

/** What writing the body would do. Pure. */
export function planWrite(input: PlanInput): Planned {
  const { spec, before, said } = input
  const { draft, findings, notes } = readDraft(spec, input.body)
  const base: Draft = input.merge ? (before?.value ?? {}) : pick(before?.value ?? {}, ['watches'])
  const stated = mergeDrafts(base, draft)
  const { draft: value, assumed } = spec.complete(stated)
  const told = new Set(findings.map((finding) => finding.pointer))
  if (spec.id !== 'key') told.add('/key')
  const faults = [...findings, ...faultsOf(spec, value, { around: input.around, before }).filter((fault) => !told.has(fault.pointer))]
  if (faults.length > 0) return { ok: false, findings: faults }
  const fields = spec.fields.map((field) => field.path).filter((path) => !isDeepStrictEqual(at(value, path), at(before?.value ?? {}, path)))
  const provenance = provenanceOf({ spec, value, assumed, before, said, draft })
  const isSame = before !== undefined && isDeepStrictEqual(value, before.value)
  const change = before === undefined ? 'added' : isSame ? 'unchanged' : 'changed'
  return { ok: true, plan: { id: String(value[spec.id]), before, value, provenance, change, fields, notes } }
}

/** Members of the draft over those of the base; the two names are taken apart. A member set to null is taken away. */
function mergeDrafts(base: Draft, draft: Draft): Draft {
  const name = { ...objectOf(base['name']), ...objectOf(draft['name']) }
  const merged = { ...base, ...draft, ...(Object.keys(name).length === 0 ? {} : { name }) }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined))
}

function faultsOf(
  spec: KindSpec,
  value: Draft,
  { around, before }: { readonly around: Surroundings; readonly before: Kept | undefined }
): Reason[] {
  const named = value['name'] !== undefined
  const schemaFaults = validatorOf(spec).reasons(value)
  const faults = named ? schemaFaults : schemaFaults.filter((fault) => fault.code !== 'SCHEMA_REQUIRED' || fault.pointer !== '')
  if (!named) faults.push({ code: 'FIELD_MISSING', pointer: '/name', message: 'name is missing, expected name.zh, name.en or both' })
  const unknown = (pointer: string, message: string) => faults.push({ code: 'REFERENCE_UNKNOWN', pointer, message })
  const { profile, point, parent, key } = value
  // What a record referred to before is not this writer's fault.
  if (typeof profile === 'string' && profile !== before?.value['profile'] && !around.profiles.has(profile))
    unknown('/profile', `profile is "${profile}", expected one of ${[...around.profiles].slice(0, 20).join(', ')}`)
  if (typeof point === 'string' && point !== before?.value['point'] && !around.points.has(point))
    unknown('/point', `point is "${point}", expected one of ${[...around.points].slice(0, 20).join(', ')}`)
  if (typeof parent === 'string' && typeof key === 'string' && isBelow(around.parentOf, parent, key))
    faults.push({
      code: 'PLACE_CIRCLE',
      pointer: '/parent',
      message: `parent is "${parent}", which lies below this place, expected one that does not`
    })
  return faults
}

/** Whether `place` is `above` or lies below it. */
function isBelow(parentOf: ReadonlyMap<string, string>, place: string, above: string): boolean {
  const seen = new Set<string>()
  for (let at: string | undefined = place; at !== undefined && !seen.has(at); at = parentOf.get(at) ?? glnPlaceOf(at)) {
    if (at === above) return true
    seen.add(at)
  }
  return false
}

/** A place with an extension lies in the place of its GLN unless it says otherwise, as the look-up has it. */
function glnPlaceOf(key: string): string | undefined {
  return /^(https:\/\/id\.gs1\.org\/414\/\d{13})\/254\//.exec(key)?.[1]
}

function provenanceOf(options: {
  readonly spec: KindSpec
  readonly value: Draft
  readonly assumed: readonly string[]
  readonly before: Kept | undefined
  readonly said: Said
  readonly draft: Draft
}): Provenance {
  const { spec, value, assumed, before, said, draft } = options
  const provenance: Provenance = {}
  for (const { path } of spec.fields) {
    if (at(value, path) === undefined) continue
    const earlier = before?.provenance[path]
    const isSame = before !== undefined && isDeepStrictEqual(at(before.value, path), at(value, path))
    const isStated = at(draft, path) !== undefined
    if (assumed.includes(path)) provenance[path] = { via: 'assumed', by: said.by, atMs: said.atMs }
    else if (isSame && (earlier?.via !== 'assumed' || !isStated)) {
      if (earlier !== undefined) provenance[path] = earlier
    } else provenance[path] = said
  }
  return provenance
}

/** The member that a path such as `name.zh` names. */
export function at(draft: Draft, path: string): unknown {
  let found: unknown = draft
  for (const member of path.split('.')) found = objectOf(found)[member]
  return found
}

export function objectOf(value: unknown): Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
