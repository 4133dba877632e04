/** Work by id: the newest task of an id counts, an id runs once at a time, and only so many run and wait. It knows no anomalies. */

export interface TaskQueue<Task> {
  /** Gives false when too many wait; `merge` makes one task of the waiting and the new one. */
  add(id: string, task: Task, merge: (waiting: Task, task: Task) => Task): boolean
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>
  /** Forgets what waits; what runs ends by itself. */
  clear(): void
  waiting(): number
}

export interface TaskQueueOptions<Task> {
  readonly runningMax: number
  readonly waitingMax: number
  /** Must not reject. */
  readonly run: (task: Task) => Promise<void>
}

export function createTaskQueue<Task>(options: TaskQueueOptions<Task>): TaskQueue<Task> {
  const waiting = new Map<string, Task>()
  const running = new Set<string>()
  let idleWaiters: (() => void)[] = []

  function pump(): void {
    for (const [id, task] of waiting) {
      if (running.size >= options.runningMax) return
      if (running.has(id)) continue
      waiting.delete(id)
      running.add(id)
      void options.run(task).finally(() => {
        running.delete(id)
        pump()
        settle()
      })
    }
  }

  function settle(): void {
    if (running.size > 0 || waiting.size > 0) return
    for (const resolve of idleWaiters) resolve()
    idleWaiters = []
  }

  return {
    add(id, task, merge) {
      const before = waiting.get(id)
      if (before === undefined && waiting.size >= options.waitingMax) return false
      waiting.set(id, before === undefined ? task : merge(before, task))
      pump()
      return true
    },
    idle() {
      if (running.size === 0 && waiting.size === 0) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      idleWaiters.push(resolve)
      return promise
    },
    clear() {
      waiting.clear()
      settle()
    },
    waiting: () => waiting.size
  }
}
