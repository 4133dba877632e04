/** The outbox of the first version, a SQLite file beside the folder of this one. It is not sent from here, but its messages are not kept quiet. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Messages that wait in it; undefined where there is none, -1 where it cannot be read. */
export function messagesOfEarlierOutbox(path: string): number | undefined {
  if (!existsSync(path)) return undefined
  try {
    using database = new DatabaseSync(path, { readOnly: true, timeout: 200 })
    const count = database.prepare('SELECT count(*) AS count FROM message').get()?.['count']
    return typeof count === 'number' ? count : -1
  } catch {
    return -1
  }
}
