/** The build of the pages, with the real Vite. */
import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildWeb } from './build.ts'

test('buildWeb() builds what is missing, leaves what is fresh, and everything a page names is there', { timeout: 120_000 }, async () => {
  const first = await buildWeb()
  await rm(join(first.folder, 'sources.sha256'))
  assert.deepEqual(await buildWeb(), { folder: first.folder, built: true })
  assert.deepEqual(await buildWeb(), { folder: first.folder, built: false })
  const assets = new Set(await readdir(join(first.folder, 'assets')))
  for (const page of ['console.html', 'trace.html']) {
    const html = await readFile(join(first.folder, page), 'utf8')
    const named = [...html.matchAll(/\/assets\/([^"]+)"/g)].map((match) => match[1] ?? '')
    assert.ok(named.length > 0)
    for (const name of named) assert.ok(assets.has(name), name)
    assert.equal(/https?:\/\//.test(html), false, `${page} names another server`)
  }
})
