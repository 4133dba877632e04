/** Puts the parts together into `docs/detectors.md`; each stands between marks, so that one can be compared or replaced alone. */
import type { DetectorSection } from './section.ts'

const intro = `# How good the detectors are

Measured by \`npm run detectors\`, which prints this page and writes it anew; a test says when its cheap parts are stale. Speed and memory:
\`npm run bench -- score\` and \`npm run bench -- detect\`. What each detector does stands in \`detect/README.md\`.
`

const begin = (id: string): string => `<!-- begin ${id} -->`
const end = (id: string): string => `<!-- end ${id} -->`

export function sectionIn(document: string, id: string): string | undefined {
  const from = document.indexOf(begin(id))
  const to = document.indexOf(end(id))
  return from < 0 || to < from ? undefined : document.slice(from + begin(id).length, to).trim()
}

export async function writeDocument(sections: readonly DetectorSection[]): Promise<string> {
  const parts: string[] = [intro]
  for (const section of sections)
    parts.push(`## ${section.title}\n\n${begin(section.id)}\n${(await section.text()).trim()}\n${end(section.id)}\n`)
  return parts.join('\n')
}
