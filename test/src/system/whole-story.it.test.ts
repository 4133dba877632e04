/**
 * The whole story twice, through the public interface of a running product: a compressor that fails, and a toy that people complain of; each
 * from the first signal to the lifted warning and, of the toy, the closed recall. At the end every journal is verified.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { partyKey } from '@tracegate/model/gs1/key'
import { pointIds } from '@tracegate/sim/world/names'
import { tellCompressorStory } from './compressor-story.ts'
import { peopleOf } from './decision.ts'
import { startProduct, temporaryFolder, waitFor } from './product.ts'
import { storyOf } from './story.ts'
import { tellToyStory } from './toy-story.ts'

const run = promisify(execFile)
const storeMain = fileURLToPath(new URL('../../../store/src/main.ts', import.meta.url))

test('from the first signal to the lifted warning and the closed recall', { timeout: 230_000 }, async (context) => {
  await using folder = await temporaryFolder()
  {
    await using product = await startProduct(folder.path, { speed: 240 })
    const { client, all } = product
    const { simulator } = all
    assert.ok(simulator)
    const people = await peopleOf(client.url, all.firstSignIn)
    const story = storyOf(client)

    await context.test('a compressor fails', async () => {
      const place = simulator.world.chambers.vaccine
      await waitFor('goods in the chamber', 60_000, () =>
        simulator.groundTruth.exposed(place, Date.now(), Date.now()).length > 0 ? true : undefined
      )
      await simulator.control.start('compressor-failure', { target: 'vaccine' })
      const anomaly = await story.opened('the anomaly', 90_000, (one) => one.category === 'product' && one.place === place)
      await tellCompressorStory({
        people,
        warning: await story.draftOf(anomaly),
        async mend() {
          await simulator.control.stop('compressor-failure')
          await story.closed(anomaly, 90_000)
        }
      })
    })

    await context.test('people complain of a toy', async () => {
      const { world } = simulator
      const { goods, points } = world
      const toy = goods.toy.product
      const operator = points.find(({ id }) => id === pointIds.foodDepot)?.operator ?? ''
      await tellToyStory({
        people,
        product: toy,
        maker: partyKey(toy.manufacturer ?? ''),
        makerSite: world.siteOf(pointIds.nuremberg),
        importer: partyKey(operator),
        depot: world.siteOf(pointIds.foodDepot),
        shop: world.siteOf(pointIds.toyShop)
      })
    })
  }
  const { stdout } = await run(process.execPath, [storeMain, 'verify', '--data-dir', folder.path])
  assert.match(stdout, /journal/)
})
