/** What the store's commands share: how they are described, where they write, and how long work shows its progress. */
import type { TObject } from 'typebox'
import { describeOptions } from '@tracegate/service/config'

/** Of environment variables: `--data-dir` is `TRACEGATE_DATA_DIR`. */
export const variablePrefix = 'TRACEGATE'
/** done: all is well. found: it was done, and something is not as it should be. wrongCall: nothing was done. */
export const exitCodes = { done: 0, found: 1, wrongCall: 2 } as const

export interface Console {
  readonly out: (text: string) => void
  /** For progress; nothing that a script reads. */
  readonly err: (text: string) => void
  /** Whether somebody looks on: then progress is a bar on one line. */
  readonly isTerminal: boolean
}

export interface StoreCommand {
  readonly about: string
  readonly example: string
  readonly options: TObject
  readonly run: (argv: readonly string[], io: Console, signal: AbortSignal) => Promise<number>
}

export function commandHelp(name: string, { about, example, options }: StoreCommand): string {
  return `${about}\n\n  npm run store -- ${name} ${example}\n\n${describeOptions(options, variablePrefix)}\n`
}

const barWidth = 30
const lineEveryMs = 5_000

/** A bar where somebody looks on, otherwise a line every few seconds and at the end of a phase. */
export function createProgress({ err, isTerminal }: Console, nowMs: () => number = Date.now) {
  let lastMs = 0
  let lastPhase = ''
  return {
    tell(phase: string, done: number, total: number): void {
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const isEnd = share === 1 || phase !== lastPhase
      if (!isEnd && nowMs() - lastMs < (isTerminal ? 100 : lineEveryMs)) return
      lastMs = nowMs()
      lastPhase = phase
      const figures = `${phase}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
      if (!isTerminal) return err(`${figures}\n`)
      const filled = Math.round(share * barWidth)
      err(`\r\u001b[K[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${figures}${share === 1 ? '\n' : ''}`)
    }
  }
}

/** The option of every command that scripts read. */
export const jsonOption = { type: 'boolean', default: false, description: 'Print the result as one JSON object' } as const
