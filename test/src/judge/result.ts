/** What a judge gives back: counts, and one line per failure or skipped case. A judge never stops at the first failure. */

export interface JudgeResult {
  readonly passed: number
  readonly failures: readonly string[]
  /** Cases left out, each naming what is not supported. */
  readonly skipped: readonly string[]
  /** Figures and caveats to print before the closing line. */
  readonly notes: readonly string[]
}

export interface Judge {
  readonly kind: string
  /** One line for the help. */
  readonly about: string
  /** `path` is a file or folder in the format of `testdata/`. */
  run(path: string): Promise<JudgeResult>
}

/** Collects outcomes while a judge walks its cases. */
export interface JudgeSheet {
  check(name: string, ok: boolean, detail: () => string): void
  skip(name: string, why: string): void
  note(text: string): void
  result(): JudgeResult
}

export function createJudgeSheet(): JudgeSheet {
  let passed = 0
  const failures: string[] = []
  const skipped: string[] = []
  const notes: string[] = []
  return {
    check(name, ok, detail) {
      if (ok) passed += 1
      else failures.push(`${name}: ${detail()}`)
    },
    skip(name, why) {
      skipped.push(`${name}: ${why}`)
    },
    note(text) {
      notes.push(text)
    },
    result: () => ({ passed, failures, skipped, notes })
  }
}
