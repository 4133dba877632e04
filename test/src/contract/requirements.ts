/** The numbered requirements of the contract, and the tests whose titles begin with their ids. Reads files, writes none. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Sections in the order of the contract, with the hundreds that their ids begin with. */
export const sections = {
  connection: 1,
  messages: 2,
  state: 3,
  delivery: 4,
  time: 5,
  readings: 6,
  scans: 7,
  commands: 8,
  platform: 9,
  opcua: 10,
  sparkplug: 11,
  control: 12
} as const
export type Section = keyof typeof sections

const Requirement = Type.Object(
  {
    id: Type.String({ pattern: '^TG-[0-9]{3,4}$' }),
    section: Type.String(),
    level: Type.Enum(['MUST', 'SHOULD', 'MAY']),
    en: Type.String({ minLength: 1 }),
    zh: Type.String({ minLength: 1 }),
    proof: Type.Enum(['kit', 'edge', 'platform'])
  },
  { additionalProperties: false }
)
export type Requirement = Static<typeof Requirement>
const list = compileValidator(Type.Array(Requirement))

export function loadRequirements(): Requirement[] {
  const value: unknown = JSON.parse(readFileSync(join(root, 'firmware-specs/requirements.json'), 'utf8'))
  const checked = list.check(value)
  if (!checked.ok) throw new TypeError(`Cannot read firmware-specs/requirements.json: ${checked.reason.message}`)
  return checked.value
}

export interface ProvingTest {
  /** Path from the root of the project. */
  readonly path: string
  readonly title: string
}

/** A text that opens with ids and a colon, as in `test('TG-404 TG-405: …'`. */
const titled = /(['"`])((?:TG-\d{3,4} )*TG-\d{3,4}): ((?:\\.|(?!\1)[^\\\n])+)\1/g

/** Every id that a test's title begins with, and those tests in the order of their files. */
export function collectTests(): Map<string, ProvingTest[]> {
  const found = new Map<string, ProvingTest[]>()
  const paths = globSync('*/src/**/*.test.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
  for (const path of paths.toSorted())
    for (const [, , ids = '', title = ''] of readFileSync(join(root, path), 'utf8').matchAll(titled))
      for (const id of new Set(ids.split(' '))) found.set(id, [...(found.get(id) ?? []), { path, title: plain(title) }])
  return found
}

/** A title as a reader of the source says it: without escapes, and with an ellipsis for what is filled in. */
function plain(title: string): string {
  return title.replaceAll(/\\(.)/g, '$1').replaceAll(/\$\{[^}]*\}/g, '…')
}
