/**
 * Notes what changes in sessions and retained messages, and writes it to the file in groups: one commit answers all who wait for
 * it. What is added and gone again between two commits is never written.
 */
import type { Entry, Message } from './message.ts'
import { isKept } from './message.ts'
import type { SessionKeeper } from './session.ts'
import type { SessionFile, SessionRecord } from './session-file.ts'

export interface FileKeeper extends SessionKeeper {
  sessionChanged(id: string): void
  retainedChanged(topic: string): void
  /** Whether something waits to be written. */
  isDirty(): boolean
  /** Why the last commit failed; undefined when it did not. */
  trouble(): string | undefined
  close(): void
}

export interface FileKeeperOptions {
  readonly file: SessionFile
  /** As it is now; undefined when it has ended. */
  readonly session: (id: string) => SessionRecord | undefined
  readonly retained: (topic: string) => Message | undefined
  readonly onCommit: () => void
  readonly onFailure: (error: unknown) => void
}

/** Nobody waits: a crash would mean a message twice, which QoS 1 allows, and costs nothing else. */
const lazyMs = 250
const groupWaitMaxMs = 5
const retryMs = 1_000

export function createFileKeeper(options: FileKeeperOptions): FileKeeper {
  const sessions = new Set<string>()
  const entries = new Set<Entry>()
  const retained = new Set<string>()
  let group: PromiseWithResolvers<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isEager = false
  let lastCommitMs = 1
  let closed = false
  let failure: string | undefined

  const isDirty = () => sessions.size + entries.size + retained.size > 0

  function schedule(delayMs: number, eager: boolean): void {
    if (closed || (timer !== undefined && (isEager || !eager))) return
    clearTimeout(timer)
    isEager = eager
    timer = setTimeout(flush, delayMs)
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const waiting = group
    group = undefined
    try {
      commit()
      failure = undefined
      waiting?.resolve()
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      options.onFailure(error)
      waiting?.reject(error)
      schedule(retryMs, false)
    }
  }

  function commit(): void {
    if (!isDirty()) return
    const startedMs = performance.now()
    const removed: string[] = []
    const changed: SessionRecord[] = []
    for (const id of sessions) {
      const session = options.session(id)
      if (session === undefined) removed.push(id)
      else changed.push(session)
    }
    options.file.write({
      removed,
      sessions: changed,
      entries,
      retained: [...retained].map((topic) => [topic, options.retained(topic)] as const)
    })
    sessions.clear()
    entries.clear()
    retained.clear()
    lastCommitMs = performance.now() - startedMs
    options.onCommit()
  }

  return {
    isDirty,
    trouble: () => failure,
    entryChanged(entry) {
      if (!isKept(entry)) return
      if (entry.done && !entry.onDisk && !entry.body.onDisk) entries.delete(entry)
      else entries.add(entry)
      schedule(lazyMs, false)
    },
    sessionChanged(id) {
      sessions.add(id)
      schedule(lazyMs, false)
    },
    retainedChanged(topic) {
      retained.add(topic)
      schedule(lazyMs, false)
    },
    durable() {
      if (closed || !isDirty()) return Promise.resolve()
      group ??= Promise.withResolvers<void>()
      schedule(Math.min(groupWaitMaxMs, Math.max(1, Math.ceil(lastCommitMs))), true)
      return group.promise
    },
    close() {
      if (closed) return
      flush()
      closed = true
      clearTimeout(timer)
      options.file.close()
    }
  }
}
