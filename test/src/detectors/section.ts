/** A part of the table of detectors: its place in the document, and the Markdown that is computed for it. */

export interface DetectorSection {
  readonly id: string
  readonly title: string
  /** Cheap enough that a test computes it again and says when the document is stale. */
  readonly isCheap: boolean
  /** Markdown without a heading; the same in every run on the same code and data. */
  text(): Promise<string>
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
