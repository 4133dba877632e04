/** Where no receiver can be, in every way to write it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { destinationFault } from './sender.ts'
import { subscriptionDefaults } from './settings.ts'

const faultOf = (address: string) => destinationFault(new URL(address), subscriptionDefaults.allowedDestination)

test('addresses that are nowhere or on the link alone are no receivers, however they are written', () => {
  for (const host of ['0.0.0.0', '169.254.169.254', '2852039166', '0xa9.254.43518', '224.0.0.1', '255.255.255.255'])
    assert.match(faultOf(`http://${host}/`) ?? '', /is no receiver/, host)
  for (const host of ['::', '::ffff:169.254.169.254', 'fe80::1', 'ff02::1'])
    assert.match(faultOf(`http://[${host}]/`) ?? '', /is no receiver/, host)
})

test('receivers on this machine, in own networks and by name are left to rights', () => {
  for (const host of ['127.0.0.1', '10.0.0.1', '[::1]', 'receiver.example', '192.168.1.2'])
    assert.equal(faultOf(`https://${host}/`), undefined)
})
