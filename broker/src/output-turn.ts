/** Writes what connections have to send once in a turn of the event loop: a hundred acknowledgements become one write. */

export interface OutputTurn {
  add(connection: { flush(): void }): void
}

export function createOutputTurn(): OutputTurn {
  let waiting: { flush(): void }[] = []
  const flush = () => {
    const now = waiting
    waiting = []
    for (const connection of now) connection.flush()
  }
  return {
    add(connection) {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push(connection)
    }
  }
}
