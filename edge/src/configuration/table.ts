/** The table of the README: every member of the configuration, those inside of others too, from the schemas. */
import { EdgeConfig } from '../config.ts'
import { memberOf, recordOf } from './schema-members.ts'
import { factsOf, formsOf } from './schema-facts.ts'
import { identityMembers, liveMembers, remoteBrokerMembers, remoteMembers, uplinkMembers } from './members.ts'

const depthMax = 4

export function configurationTable(): string {
  const rows = Object.entries(EdgeConfig.properties).flatMap(([name, schema]) => rowsOf(name, schema, isRequired(EdgeConfig, name), 0))
  return ['| member | kind | default | change | meaning |', '|---|---|---|---|---|', ...rows].join('\n')
}

function rowsOf(path: string, schema: unknown, required: boolean, depth: number): string[] {
  const facts = factsOf(schema)
  const kind = [facts.type, required ? 'required' : ''].filter((part) => part !== '').join(', ')
  const fallback = facts.fallback === '' ? '' : `\`${facts.fallback}\``
  const row = `| \`${path}\` | ${escapeCell(kind)} | ${fallback} | ${depth === 0 ? changeOf(path) : ''} | ${escapeCell(facts.description)} |`
  // What a source holds is told by the README of its folder.
  if (depth >= depthMax || path === 'sources') return [row]
  const inner = formsOf(schema).flatMap((form) => {
    const items = memberOf(form, 'items')
    const isList = items !== undefined && !Array.isArray(items)
    const members = recordOf(memberOf(isList ? items : form, 'properties'))
    return Object.entries(members).flatMap(([name, member]) =>
      rowsOf(`${path}${isList ? '[]' : ''}.${name}`, member, isRequired(isList ? items : form, name), depth + 1)
    )
  })
  return [row, ...inner]
}

/** live, uplink (over a new connection), start (at the next one), never; signed: from afar too. */
function changeOf(name: string): string {
  const within = (list: readonly string[]) => list.includes(name)
  const when = within(liveMembers) ? 'live' : within(uplinkMembers) ? 'uplink' : within(identityMembers) ? 'never' : 'start'
  if (within(remoteBrokerMembers)) return `${when}, signed if allowed`
  return within(remoteMembers) ? `${when}, signed` : when
}

function isRequired(schema: unknown, name: string): boolean {
  const names = memberOf(schema, 'required')
  return Array.isArray(names) && names.includes(name)
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
