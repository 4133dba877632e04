/** The generated parts of the prose contract: the tables of requirements in both languages, the list of proofs, the worked examples. */
import { basename } from 'node:path'
import { annotateCbor } from './annotate-cbor.ts'
import { examples } from './examples.ts'
import { collectTests, loadRequirements, type ProvingTest, sections } from './requirements.ts'
import { cborOf } from './vectors/message-parts.ts'

const languages = {
  en: { head: ['id', 'level', 'requirement', 'proved by'], levels: { MUST: 'MUST', SHOULD: 'SHOULD', MAY: 'MAY' } },
  zh: { head: ['编号', '等级', '要求', '验证'], levels: { MUST: '必须', SHOULD: '应当', MAY: '可以' } }
} as const
export type Language = keyof typeof languages

/** Sections of `contract.md` or `contract.zh-CN.md` by their marker. */
export function contractSections(language: Language): Record<string, string> {
  const tests = collectTests()
  const requirements = loadRequirements()
  const { head, levels } = languages[language]
  const tables = Object.keys(sections).map((section): [string, string] => {
    const rows = requirements
      .filter((requirement) => requirement.section === section)
      .map(({ id, level, [language]: text }) =>
        row([`<a id="${id.toLowerCase()}"></a>${id}`, levels[level], text, proofsOf(tests.get(id))])
      )
    return [`requirements-${section}`, [row(head), row(head.map(() => '---')), ...rows].join('\n')]
  })
  return { ...Object.fromEntries(tables), ...exampleSections() }
}

/** Links to the files; `proof.md` has the titles. */
function proofsOf(tests: readonly ProvingTest[] = []): string {
  const paths = [...new Set(tests.map(({ path }) => path))]
  return paths.map((path) => `[${basename(path).replace('.test.ts', '')}](../${path})`).join(', ') || '–'
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
}

/** `proof.md`: each id with the titles of its tests. */
export function proofDocument(): string {
  const tests = collectTests()
  const parts = loadRequirements().map(({ id, en, zh }) => {
    const lines = (tests.get(id) ?? []).map(({ path, title }) => `- [${path}](../${path}): ${title}`)
    return [`## ${id}`, '', en, '', zh, '', ...lines, ...(lines.length === 0 ? ['- –'] : [])].join('\n')
  })
  return `${proofHead}\n\n${parts.join('\n\n')}\n`
}

const proofHead = `# Which test proves what · 验证对照表

Generated from the titles of the tests (\`npm run generate\`): do not edit it. A requirement without a test fails the build.

由测试标题生成（\`npm run generate\`），请勿手工修改。没有测试的要求会使构建失败。`

/** Sections of `README.md`. */
export function readmeSections(): Record<string, string> {
  return { 'example-telemetry': exampleSections()['example-telemetry'] ?? '' }
}

function exampleSections(): Record<string, string> {
  const parts = Object.entries(examples).map(([name, { message }]): [string, string] => [
    `example-${name}`,
    ['```json', JSON.stringify(message), '```'].join('\n')
  ])
  const { message } = examples.telemetry
  const json = Buffer.from(JSON.stringify(message), 'utf8')
  const hex = cborOf(message)
  return {
    ...Object.fromEntries(parts),
    'bytes-json': ['```', ...dump(json.toString('hex'), 32), '```'].join('\n'),
    'bytes-cbor': ['```', ...annotateCbor(message), '```'].join('\n'),
    'bytes-sizes': `JSON ${json.length}, CBOR ${hex.length / 2}`
  }
}

/** Lines of so many bytes each. */
function dump(hex: string, bytes: number): string[] {
  return hex.match(new RegExp(`.{1,${bytes * 2}}`, 'g')) ?? []
}
