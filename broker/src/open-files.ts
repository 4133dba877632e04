/** How many files the process may have open: each connection takes one. Knows it on Linux only. */
import { readFileSync } from 'node:fs'

/** What the process has open beside connections: databases, logs, listeners, libraries. */
const spareFiles = 200

/** A line for the log when the bound of connections cannot be reached; undefined when it can, or nobody knows. */
export function tooFewFiles(connectionsMax: number): string | undefined {
  const files = openFilesMax()
  if (files === undefined || files >= connectionsMax + spareFiles) return undefined
  return (
    `the process may open ${files} files, expected at least ${connectionsMax + spareFiles} for connectionsMax ${connectionsMax}: ` +
    'raise it with `ulimit -n` or LimitNOFILE, or lower connectionsMax'
  )
}

function openFilesMax(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
