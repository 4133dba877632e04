/** Every fault of a configuration, a line each. */
import type { Problem } from '../configuration/load.ts'

export function problemLines(problems: readonly Problem[]): string {
  return problems.map(({ line, message }) => `${line === undefined ? '' : `line ${line}: `}${message}\n`).join('')
}
