/** What an agent finds of the version before it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { tempFolder } from '../testing/temp-folder.ts'
import { messagesOfEarlierOutbox } from './earlier-outbox.ts'

test('messagesOfEarlierOutbox() counts what waits in the file of the first version, and tells an unreadable one from none', () => {
  using folder = tempFolder()
  const path = join(folder.path, 'outbox.db')
  assert.equal(messagesOfEarlierOutbox(path), undefined)
  const database = new DatabaseSync(path)
  database.exec("CREATE TABLE message (id INTEGER PRIMARY KEY, payload BLOB); INSERT INTO message (payload) VALUES (x'00'), (x'01')")
  database.close()
  assert.equal(messagesOfEarlierOutbox(path), 2)
  writeFileSync(path, 'rubbish')
  assert.equal(messagesOfEarlierOutbox(path), -1)
})
