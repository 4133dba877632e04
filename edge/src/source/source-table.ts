/** The table of a source's README: every member of its schema, those inside of others too. Pure. */
import type { TObject } from 'typebox'
import { factsOf, formsOf } from '../configuration/schema-facts.ts'
import { memberOf, recordOf } from '../configuration/schema-members.ts'

const depthMax = 5
/** Told by a published schema of its own. */
const toldElsewhere: readonly string[] = ['rule']

export function sourceTable(schema: TObject): string {
  const rows = membersOf(schema, '', 0)
  return ['| member | kind | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function membersOf(schema: unknown, path: string, depth: number): string[] {
  const required = memberOf(schema, 'required')
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name)
  return Object.entries(recordOf(memberOf(schema, 'properties'))).flatMap(([name, member]) =>
    rowsOf(path === '' ? name : `${path}.${name}`, { name, schema: member, required: isRequired(name), depth })
  )
}

function rowsOf(
  path: string,
  member: { readonly name: string; readonly schema: unknown; readonly required: boolean; readonly depth: number }
): string[] {
  const { name, schema, required, depth } = member
  const facts = factsOf(schema)
  const kind = [facts.type, required ? 'required' : ''].filter((part) => part !== '').join(', ')
  const fallback = facts.fallback === '' ? '' : `\`${facts.fallback}\``
  const row = `| \`${path}\` | ${cell(kind)} | ${cell(fallback)} | ${cell(facts.description)} |`
  if (depth >= depthMax || toldElsewhere.includes(name)) return [row]
  return [row, ...innerRows(path, schema, depth)]
}

function innerRows(path: string, schema: unknown, depth: number): string[] {
  const forms = formsOf(schema)
  return forms.flatMap((form) => {
    // The forms of a union are told apart by their type.
    const type = memberOf(memberOf(memberOf(form, 'properties'), 'type'), 'const')
    const own = forms.length > 1 && typeof type === 'string' ? `${path}(${type})` : path
    const items = memberOf(form, 'items')
    if (items !== undefined && !Array.isArray(items)) return membersOf(items, `${path}[]`, depth + 1)
    const values = Object.values(recordOf(memberOf(form, 'patternProperties')))[0]
    if (values !== undefined) return membersOf(values, `${path}.*`, depth + 1)
    return membersOf(form, own, depth + 1)
  })
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
