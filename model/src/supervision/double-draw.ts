/**
 * The double random draw (双随机, tasks 14 and 19): who is inspected and by whom, drawn so that anybody can verify it. First the lists and a
 * commitment to a secret are published, then the secret and a public value that nobody knew before; the seed is made of all of them. Pure.
 *
 * The rule, for whoever verifies it by hand: (1) the seed is SHA-256, in lower-case hexadecimal, of the lines `secret`, `public value`,
 * SHA-256 of the list of subjects and SHA-256 of the list of inspectors, each ended by a line feed; the commitment published before is
 * SHA-256 of the secret. (2) Subjects are drawn by the rule of `draw.ts` with that seed, their strata being their classes. (3) For each
 * drawn subject, in the order of its ticket, the inspectors are put in the order of SHA-256 of seed, line feed, subject, line feed, inspector;
 * the first ones who are not excluded from the subject and carry the fewest subjects so far are taken.
 */
import { Type, type Static } from 'typebox'
import { draw, populationHash, type Drawn } from '../draw.ts'
import { sha256Hex } from '../sha256.ts'
import { BilingualText } from '../text.ts'
import { TimeMs } from '../wire.ts'
import { supervisionError } from './errors.ts'
import { requireStep, type SupervisionContext } from './plan.ts'

const Id = Type.String({ pattern: '^[A-Za-z0-9._:/-]{1,256}$' })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const strict = { additionalProperties: false } as const

export const subjectsMax = 5_000
export const inspectorsMax = 1_000

/** What may be inspected: a consignment, a company, a point, by its id. */
export const DrawSubject = Type.Object({ id: Id, stratum: Type.String({ minLength: 1, maxLength: 64 }) }, strict)
export const DrawInspector = Type.Object(
  { id: Id, excluded: Type.Array(Id, { maxItems: 200, description: 'Subjects that this one has an interest in' }) },
  strict
)

export const DrawLists = Type.Object(
  {
    title: BilingualText,
    subjects: Type.Array(DrawSubject, { minItems: 1, maxItems: subjectsMax }),
    inspectors: Type.Array(DrawInspector, { minItems: 1, maxItems: inspectorsMax }),
    count: Type.Integer({ minimum: 1, maximum: subjectsMax, description: 'Subjects to draw' }),
    inspectorsEach: Type.Integer({ minimum: 1, maximum: 5, description: 'Inspectors for each of them' }),
    /** Where the public value will come from, such as the closing figures of a named lottery on a named day. */
    beacon: BilingualText
  },
  strict
)
export type DrawLists = Static<typeof DrawLists>

export const Assignment = Type.Object({ subject: Id, stratum: Type.String(), ticket: Sha256, inspectors: Type.Array(Id) })
export type Assignment = Static<typeof Assignment>

export const inspectionOutcomes = ['conforms', 'rectify', 'violation', 'notFound'] as const

export const DoubleDraw = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum(['announced', 'drawn', 'closed']),
    ...DrawLists.properties,
    commitment: Sha256,
    subjectsSha256: Sha256,
    inspectorsSha256: Sha256,
    announcedMs: TimeMs,
    secret: Type.Optional(Type.String()),
    publicValue: Type.Optional(Type.String()),
    seed: Type.Optional(Sha256),
    drawnMs: Type.Optional(TimeMs),
    assignments: Type.Array(Assignment),
    results: Type.Array(
      Type.Object({
        subject: Id,
        outcome: Type.Enum(inspectionOutcomes),
        atMs: TimeMs,
        by: Type.String(),
        note: Type.Optional(Type.String())
      })
    )
  },
  { title: 'doubleDraw' }
)
export type DoubleDraw = Static<typeof DoubleDraw>

export const DrawStep = Type.Union([
  Type.Object({ type: Type.Literal('announced'), lists: DrawLists, commitment: Sha256 }),
  Type.Object({
    type: Type.Literal('drawn'),
    secret: Type.String({ minLength: 16, maxLength: 256 }),
    publicValue: Type.String({ minLength: 1, maxLength: 256 })
  }),
  Type.Object({
    type: Type.Literal('inspected'),
    subject: Id,
    outcome: Type.Enum(inspectionOutcomes),
    note: Type.Optional(Type.String({ maxLength: 2_048 }))
  }),
  Type.Object({ type: Type.Literal('closed') })
])
export type DrawStep = Static<typeof DrawStep>

export const drawTransitions: Readonly<Record<DrawStep['type'], readonly string[]>> = {
  announced: ['none'],
  drawn: ['announced'],
  inspected: ['drawn'],
  closed: ['drawn']
}

export function isOpenDraw({ status }: Pick<DoubleDraw, 'status'>): boolean {
  return status !== 'closed'
}

export function inspectorsHash(inspectors: DrawLists['inspectors']): string {
  return populationHash(inspectors.map(({ id, excluded }) => ({ id, stratum: excluded.toSorted().join(' ') })))
}

export function reduceDraw(
  before: DoubleDraw | undefined,
  step: DrawStep,
  { id, atMs, by }: SupervisionContext & { readonly by: string }
): DoubleDraw {
  requireStep('draw', { id, status: before?.status ?? 'none', step: step.type, transitions: drawTransitions })
  if (step.type === 'announced') {
    const { lists, commitment } = step
    requireEnough(lists)
    const hashes = { subjectsSha256: populationHash(lists.subjects), inspectorsSha256: inspectorsHash(lists.inspectors) }
    return { id, status: 'announced', ...lists, commitment, ...hashes, announcedMs: atMs, assignments: [], results: [] }
  }
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to draw ${id}: there is none`)
  if (step.type === 'drawn') {
    const { secret, publicValue } = step
    const found = sha256Hex(secret)
    if (found !== before.commitment) throw supervisionError('DRAW_COMMITMENT', { id, found, wanted: before.commitment })
    const seed = seedOf(before, secret, publicValue)
    return { ...before, status: 'drawn', secret, publicValue, seed, drawnMs: atMs, assignments: assign(before, seed) }
  }
  if (step.type === 'inspected') {
    if (!before.assignments.some(({ subject }) => subject === step.subject))
      throw supervisionError('SUPERVISION_STEP', {
        what: 'draw',
        id,
        step: `inspected of ${step.subject}`,
        status: 'not among those drawn',
        allowed: 'a drawn subject'
      })
    const { subject, outcome, note } = step
    const result = { subject, outcome, atMs, by, ...(note === undefined ? {} : { note }) }
    return { ...before, results: [...before.results.filter((known) => known.subject !== subject), result] }
  }
  return { ...before, status: 'closed' }
}

function requireEnough({ subjects, inspectors, count, inspectorsEach }: DrawLists): void {
  if (count > subjects.length) throw supervisionError('DRAW_TOO_MANY', { count, what: 'subjects', there: subjects.length })
  if (inspectorsEach > inspectors.length)
    throw supervisionError('DRAW_TOO_MANY', { count: inspectorsEach, what: 'inspectors', there: inspectors.length })
  for (const { id } of subjects) {
    const able = inspectors.filter(({ excluded }) => !excluded.includes(id)).length
    if (able < inspectorsEach) throw supervisionError('DRAW_EXCLUDED', { subject: id })
  }
}

export function seedOf(lists: Pick<DrawLists, 'subjects' | 'inspectors'>, secret: string, publicValue: string): string {
  const lines = [secret, publicValue, populationHash(lists.subjects), inspectorsHash(lists.inspectors)]
  return sha256Hex(lines.map((line) => `${line}\n`).join(''))
}

/** Who inspects whom under a seed. */
export function assign(lists: Pick<DrawLists, 'subjects' | 'inspectors' | 'count' | 'inspectorsEach'>, seed: string): Assignment[] {
  const { subjects, inspectors, count, inspectorsEach } = lists
  const drawn = draw({ seed, candidates: subjects, count }).drawn.toSorted((a, b) => (a.ticket < b.ticket ? -1 : 1))
  const carried = new Map(inspectors.map(({ id }) => [id, 0]))
  return drawn.map((subject) => {
    const chosen = inspectorsFor(subject, { seed, inspectors, carried, inspectorsEach })
    for (const id of chosen) carried.set(id, (carried.get(id) ?? 0) + 1)
    return { subject: subject.id, stratum: subject.stratum, ticket: subject.ticket, inspectors: chosen }
  })
}

interface Pool {
  readonly seed: string
  readonly inspectors: DrawLists['inspectors']
  readonly carried: ReadonlyMap<string, number>
  readonly inspectorsEach: number
}

function inspectorsFor(subject: Drawn, { seed, inspectors, carried, inspectorsEach }: Pool): string[] {
  return inspectors
    .filter(({ excluded }) => !excluded.includes(subject.id))
    .map(({ id }) => ({ id, carried: carried.get(id) ?? 0, ticket: sha256Hex(`${seed}\n${subject.id}\n${id}`) }))
    .sort((a, b) => a.carried - b.carried || (a.ticket < b.ticket ? -1 : 1))
    .slice(0, inspectorsEach)
    .map(({ id }) => id)
}

/** Whether the published draw follows from what was published: the commitment, the seed and every assignment. */
export function verifyDoubleDraw(published: DoubleDraw): { readonly ok: boolean; readonly faults: readonly string[] } {
  const { secret, publicValue, seed } = published
  const faults: string[] = []
  if (populationHash(published.subjects) !== published.subjectsSha256) faults.push('the list of subjects is not the one announced')
  if (inspectorsHash(published.inspectors) !== published.inspectorsSha256) faults.push('the list of inspectors is not the one announced')
  if (secret === undefined || publicValue === undefined || seed === undefined)
    return { ok: false, faults: [...faults, 'nothing is drawn yet'] }
  if (sha256Hex(secret) !== published.commitment) faults.push('the secret does not give the commitment')
  if (seedOf(published, secret, publicValue) !== seed) faults.push('the seed does not follow from secret, public value and lists')
  const wanted = JSON.stringify(assign(published, seed))
  if (wanted !== JSON.stringify(published.assignments)) faults.push('the assignments do not follow from the seed')
  return { ok: faults.length === 0, faults }
}
