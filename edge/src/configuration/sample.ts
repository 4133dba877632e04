/**
 * Writes the sample configuration from the schemas: every member with its meaning, its limits and its default; what may be left out is
 * commented out. The sources are the sample files of their folders, as they are.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { EdgeConfig } from '../config.ts'
import { isRecord, memberOf, recordOf } from './schema-members.ts'
import { factsOf, formsOf } from './schema-facts.ts'

const lineLength = 110
const sourceFolder = new URL('../source/', import.meta.url)

/** The protocols that bring a sample. */
export function sampleTypes(): string[] {
  return readdirSync(sourceFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/sample.yaml`, sourceFolder)))
    .map((entry) => entry.name)
    .sort()
}

/** With one source of each of the protocols named. */
export function sampleText(types: readonly string[]): string {
  const head = [
    'Configuration of an edge agent. A member behind a # without a blank may be left out: its default, or an example, is shown.',
    'Secrets: any member may be ${env:NAME} or ${file:path} instead of a value. Check it: npm run edge -- check --config <this file>'
  ]
  const lines = head.map((line) => `# ${line}`)
  for (const [name, schema] of Object.entries(EdgeConfig.properties)) {
    lines.push('')
    if (name === 'sources') lines.push(...comment(schema, ''), 'sources:', ...types.flatMap(sourceLines))
    else lines.push(...memberLines({ name, schema, required: isRequired(EdgeConfig, name), indent: '', off: false }))
  }
  return `${lines.join('\n')}\n`
}

interface Member {
  readonly name: string
  readonly schema: unknown
  readonly required: boolean
  readonly indent: string
  /** Whether what is around it is commented out. */
  readonly off: boolean
  readonly value?: unknown
}

function memberLines(member: Member): string[] {
  const { name, schema, indent } = member
  const isShown = member.value !== undefined || member.required
  const off = member.off || !isShown
  const value = member.value ?? exampleOf(schema)
  return [...comment(schema, indent), ...valueLines(`${name}:`, value, { schema, indent, off })]
}

interface Place {
  readonly schema: unknown
  readonly indent: string
  readonly off: boolean
}

function valueLines(lead: string, value: unknown, { schema, indent, off }: Place): string[] {
  const line = (text: string) => `${indent}${off ? '#' : ''}${text}`
  const form = formsOf(schema)[0]
  const members = recordOf(memberOf(form, 'properties'))
  if (isRecord(value) && Object.keys(members).length > 0) return [line(lead), ...objectLines(value, form, { indent: `${indent}  `, off })]
  const items = memberOf(form, 'items')
  if (Array.isArray(value) && value.some(isRecord))
    return [
      line(lead),
      ...value.flatMap((item: unknown) => {
        const lines = objectLines(recordOf(item), items, { indent: `${indent}    `, off })
        return dashed(lines, `${indent}  `)
      })
    ]
  return [line(`${lead} ${flow(value)}`.trimEnd())]
}

/** The `- ` of a list goes before the first member that holds; what describes it stays above. */
function dashed(lines: readonly string[], indent: string): string[] {
  const text = lines.map((line) => line.trimStart())
  const isMember = (line: string) => line !== '' && !line.startsWith('# ')
  const held = text.findIndex((line) => isMember(line) && !line.startsWith('#'))
  const first = held >= 0 ? held : text.findIndex(isMember)
  return lines.map((line, index) => {
    if (index !== first) return line
    const member = text[index] ?? ''
    return member.startsWith('#') ? `${indent}#- ${member.slice(1)}` : `${indent}- ${member}`
  })
}

function objectLines(
  value: Readonly<Record<string, unknown>>,
  schema: unknown,
  place: { readonly indent: string; readonly off: boolean }
): string[] {
  const form = formsOf(schema)[0]
  return Object.entries(recordOf(memberOf(form, 'properties'))).flatMap(([name, member]) =>
    memberLines({ name, schema: member, required: isRequired(form, name), value: value[name], ...place })
  )
}

function comment(schema: unknown, indent: string): string[] {
  const facts = factsOf(schema)
  const text = [facts.description, facts.limits === '' ? '' : `(${facts.limits})`].filter((part) => part !== '').join(' ')
  return wrap(text, lineLength - indent.length).map((line) => `${indent}# ${line}`)
}

function exampleOf(schema: unknown): unknown {
  const examples = memberOf(schema, 'examples')
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  const fallback = memberOf(schema, 'default')
  const form = formsOf(schema)[0]
  const item = memberOf(form, 'items')
  const itemMembers = recordOf(memberOf(item, 'properties'))
  if (memberOf(form, 'type') === 'array' && Object.keys(itemMembers).length > 0) return [exampleOf(item)]
  if (fallback !== undefined && !(isRecord(fallback) && Object.keys(fallback).length === 0)) return fallback
  const members = recordOf(memberOf(form, 'properties'))
  if (Object.keys(members).length > 0)
    return Object.fromEntries(
      Object.entries(members).flatMap(([name, member]) => (isRequired(form, name) ? [[name, exampleOf(member)]] : []))
    )
  const constant = memberOf(form, 'const')
  if (constant !== undefined) return constant
  const choices = memberOf(form, 'enum')
  if (Array.isArray(choices)) return choices[0]
  const type = memberOf(form, 'type')
  if (type === 'array') return []
  if (type === 'boolean') return false
  return type === 'integer' || type === 'number' ? (memberOf(form, 'minimum') ?? 1) : ''
}

function isRequired(schema: unknown, name: string): boolean {
  const names = memberOf(schema, 'required')
  return Array.isArray(names) && names.includes(name)
}

/** JSON is YAML; a plain word needs no quotes. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (isRecord(value))
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${name}: ${flow(member)}`)
      .join(', ')} }`
  if (typeof value === 'string')
    return /^[A-Za-z./][A-Za-z0-9./_:-]*$/.test(value) && !value.endsWith(':') && !/^(true|false|null|yes|no|on|off)$/i.test(value)
      ? value
      : quoted(value)
  return JSON.stringify(value) ?? ''
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`
}

/** A sample of a folder is one source, a mapping, or a list of some. */
function sourceLines(type: string): string[] {
  const path = new URL(`${type}/sample.yaml`, sourceFolder)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const isList = lines.some((line) => line.startsWith('- '))
  let begun = false
  return lines.map((line) => {
    if (line === '') return ''
    if (isList) return `  ${line}`
    const isFirst = !begun && !line.startsWith('#')
    if (isFirst) begun = true
    if (!begun) return `  ${line}`
    return isFirst ? `  - ${line}` : `    ${line}`
  })
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}
