/** One task at a time, in the order they came. It knows nothing of what they do. */
export function createTaskLock(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return async (task) => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    try {
      return await task()
    } finally {
      resolve()
    }
  }
}
