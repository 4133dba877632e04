/** Settings of a browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSettings } from './settings.ts'

function keeper(entries: Record<string, string> = {}) {
  const map = new Map(Object.entries(entries))
  return { map, getItem: (key: string) => map.get(key) ?? null, setItem: (key: string, value: string) => void map.set(key, value) }
}

test('createSettings() keeps what is set and tells its listeners', () => {
  const kept = keeper()
  const settings = createSettings({ keeper: kept, search: '', accepted: ['en'] })
  let told = 0
  settings.subscribe(() => (told += 1))
  settings.set({ theme: 'dark' })
  assert.equal(told, 1)
  assert.equal(createSettings({ keeper: kept, search: '', accepted: ['en'] }).get().theme, 'dark')
})

test('createSettings() works where storage is forbidden', () => {
  const refuse = () => {
    throw new Error('denied')
  }
  const settings = createSettings({ keeper: { getItem: refuse, setItem: refuse }, search: '?lang=zh', accepted: [] })
  settings.set({ zone: 'utc' })
  assert.deepEqual(settings.get(), { language: 'zh', theme: 'system', zone: 'utc' })
})

test('createSettings() takes an unknown look for the system one', () => {
  assert.equal(createSettings({ keeper: keeper({ 'tracegate.theme': 'pink' }), search: '', accepted: [] }).get().theme, 'system')
})
