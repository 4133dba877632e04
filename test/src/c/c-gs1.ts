/** The tables of GS1 for C: application identifiers with formats, pairings and Digital Link roles, and the code lists. Gives texts. */
import { aiData } from '@tracegate/model/gs1/ai-data'
import { countryLetters, countryNumbers, currencyNumbers, packageTypes } from '@tracegate/model/gs1/code-lists'

interface AiRow {
  readonly first: string
  readonly last: string
  readonly flags: string
  readonly components: readonly Component[]
  readonly attributes: string
}

interface Component {
  readonly set: string
  readonly min: number
  readonly max: number
  readonly optional: boolean
  readonly rules: readonly string[]
}

/** Most content rules of one component. */
const rulesMax = 3

function readRows(): AiRow[] {
  return aiData
    .trim()
    .split('\n')
    .map((line) => {
      const [range = '', flags = '', format = ''] = line.split('|', 3)
      const [first = '', last = first] = range.split('-')
      const attributes = line.slice(range.length + flags.length + format.length + 3)
      return { first, last, flags, components: format.split(' ').map(readComponent), attributes }
    })
}

function readComponent(text: string): Component {
  const [, bracket, set = '', dots, length, rules] = /^(\[?)([NXYZ])(\.\.)?(\d+)\]?(?:,(.*))?$/.exec(text) ?? []
  const max = Number(length)
  return { set, min: dots === undefined ? max : 1, max, optional: bracket === '[', rules: rules?.split(',') ?? [] }
}

/** Names of the content rules, in the order of the alphabet. */
function ruleNames(): string[] {
  return [...new Set(readRows().flatMap(({ components }) => components.flatMap(({ rules }) => rules)))].sort()
}

export function gs1Header(): string {
  const rules = ruleNames().map((rule) => `TGI_RULE_${rule.toUpperCase()}`)
  const rows = readRows()
  return [
    `enum tgi_rule { TGI_RULE_NONE = 0, ${rules.join(', ')} };`.replaceAll(/(.{100,130}?), /g, '$1,\n  '),
    `#define TGI_AI_ROWS ${rows.length}`,
    'extern const tgi_ai tgi_ais[];',
    'extern const tgi_component tgi_components[];',
    'extern const char tgi_country_numbers[];',
    'extern const char tgi_country_letters[];',
    'extern const char tgi_currency_numbers[];',
    'extern const char tgi_package_types[];'
  ].join('\n')
}

export function gs1Tables(): string {
  const components: string[] = []
  const addComponents = (list: readonly Component[]): number => {
    const texts = list.map(componentText)
    const known = components.findIndex((_, index) => texts.every((text, offset) => components[index + offset] === text))
    return known >= 0 ? known : components.push(...texts) - texts.length
  }
  const rows = readRows().map(({ first, last, flags, components: parts, attributes }) => {
    const valuesOf = (name: string) =>
      attributes
        .split(' ')
        .filter((text) => text.startsWith(`${name}=`))
        .map((text) => text.slice(name.length + 1))
    const isKey = /(?:^| )dlpkey(?:=|$| )/.test(attributes)
    const bits = [flags.includes('*') ? 'TGI_AI_FIXED' : '', flags.includes('?') ? 'TGI_AI_ATTRIBUTE' : '', isKey ? 'TGI_AI_KEY' : '']
    const flagText = bits.filter((bit) => bit !== '').join(' | ') || '0'
    // Several requirements must all hold: `;` parts them, as `,` parts the groups of one.
    const texts = [valuesOf('req').join(';'), valuesOf('ex').join(','), valuesOf('dlpkey').join('|')]
    const quoted = texts.map((text) => JSON.stringify(text)).join(', ')
    return `{${Number(first)}, ${Number(last)}, ${first.length}, ${flagText}, ${addComponents(parts)}, ${parts.length}, ${quoted}}`
  })
  const list = (values: ReadonlySet<string>, name: string) => {
    const lines = [...values].join(' ').match(/.{1,110}(?: |$)/g) ?? []
    return `const char ${name}[] =\n  " "\n${lines.map((line) => `  "${line.trim()} "`).join('\n')};\n`
  }
  return [
    '/* first, last, digits, flags, first component, components, required, excluded, qualifiers */',
    `const tgi_ai tgi_ais[] = {\n${rows.map((row) => `  ${row}`).join(',\n')}\n};\n`,
    '/* set, least, most, optional, rules */',
    `const tgi_component tgi_components[] = {\n${components.map((row) => `  ${row}`).join(',\n')}\n};\n`,
    '/* Words between blanks. */',
    list(countryNumbers, 'tgi_country_numbers'),
    list(countryLetters, 'tgi_country_letters'),
    list(currencyNumbers, 'tgi_currency_numbers'),
    list(packageTypes, 'tgi_package_types').trimEnd()
  ].join('\n')
}

function componentText({ set, min, max, optional, rules }: Component): string {
  if (rules.length > rulesMax) throw new TypeError(`Cannot generate C: a component has ${rules.length} rules, expected at most ${rulesMax}`)
  const names = Array.from({ length: rulesMax }, (_, index) => `TGI_RULE_${(rules[index] ?? 'none').toUpperCase()}`)
  return `{'${set}', ${min}, ${max}, ${optional ? 1 : 0}, {${names.join(', ')}}}`
}
