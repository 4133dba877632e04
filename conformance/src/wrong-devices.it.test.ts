/** Devices that are wrong in what they say: each fails by the requirement it breaks and by no other, in a run that only watches. */
import { testWrongDevices } from './testing/run-kit.ts'

testWrongDevices(
  'how a device signs in and publishes',
  [
    { title: 'TG-101: a device that speaks MQTT 3.1 fails', flaw: 'protocol-3' },
    { title: 'TG-102: a device with a wrong password fails', flaw: 'wrong-password' },
    { title: 'TG-102: a device that signs in without its point fails', flaw: 'user-name-without-point' },
    { title: 'TG-105: a device that sends its secret in a scan fails', flaw: 'secret-in-payload' },
    { title: 'TG-105: a device that has its secret in the client id fails', flaw: 'secret-in-client-id' },
    { title: 'TG-106: a device that publishes to the topic of another fails', flaw: 'foreign-topic' },
    { title: 'TG-107: a device that publishes telemetry with QoS 0 fails', flaw: 'qos-0' },
    { title: 'TG-107: a device that publishes with QoS 2 fails', flaw: 'qos-2' },
    { title: 'TG-107: a device that publishes retained telemetry fails', flaw: 'retained-telemetry' },
    { title: 'TG-107: a device whose birth is not retained fails', flaw: 'state-not-retained' },
    { title: 'TG-108: a device without keep alive fails', flaw: 'keep-alive-0' },
    { title: 'TG-109: a device without a last will fails', flaw: 'no-will' },
    { title: 'TG-109 TG-302: a device whose last will carries another boot fails', flaw: 'will-other-boot' },
    { title: 'TG-109: a device whose last will is not retained fails', flaw: 'will-not-retained' },
    { title: 'TG-110: a device that sends more than 262,144 bytes at once fails', flaw: 'payload-too-large' }
  ],
  { passive: true }
)

testWrongDevices(
  'what its messages hold',
  [
    { title: 'TG-201: a device that sends what is no JSON fails', flaw: 'not-json' },
    { title: 'TG-201: a device that sends NaN in CBOR fails', flaw: 'nan-in-cbor' },
    { title: 'TG-202: a device that adds a member to its messages fails', flaw: 'extra-member' },
    { title: 'TG-202: a device that leaves a member out fails', flaw: 'missing-member' },
    { title: 'TG-203: a device that says version 2 fails', flaw: 'version-2' },
    { title: 'TG-301: a device without a birth fails', flaw: 'no-birth' },
    { title: 'TG-301: a device that sends a reading before its birth fails', flaw: 'birth-late' },
    { title: 'TG-302: a device whose messages carry another boot than its birth fails', flaw: 'other-boot-in-messages' },
    { title: 'TG-303: a device that sends a metric its birth does not declare fails', flaw: 'undeclared-metric' },
    { title: 'TG-303: a device that sends scans without the capability fails', flaw: 'undeclared-capability' },
    { title: 'TG-303: a device that declares another unit than it sends fails', flaw: 'declared-other-unit' },
    { title: 'TG-402: a device that leaves numbers out fails', flaw: 'seq-gaps' },
    { title: 'TG-406: a device that subscribes to its watermark after its first message fails', flaw: 'subscribes-late' },
    { title: 'TG-410: a device that sends out of order fails', flaw: 'out-of-order' },
    { title: 'TG-801: a device that can be ordered and does not subscribe fails', flaw: 'no-command-subscription' }
  ],
  { passive: true }
)

testWrongDevices(
  'times, readings and scans',
  [
    { title: 'TG-501: a device that counts seconds fails', flaw: 'seconds' },
    { title: 'TG-501: a device that sends local time fails', flaw: 'local-time' },
    { title: 'TG-502: a device whose clock is five minutes off and that calls it synchronized fails', flaw: 'clock-off' },
    { title: 'TG-601: a device that changes the unit of a metric fails', flaw: 'unit-changes' },
    { title: 'TG-601: a device whose unit is no UCUM code fails', flaw: 'unit-not-ucum' },
    { title: 'TG-602: a device that sends "NaN" as text fails', flaw: 'nan-as-string' },
    { title: 'TG-602: a device that sends a value with quality 9 fails', flaw: 'value-with-quality-9' },
    { title: 'TG-602: a device that sends null with quality 1 fails', flaw: 'null-with-quality-1' },
    { title: 'TG-603: a device with a quality of its own fails', flaw: 'quality-5' },
    { title: 'TG-604: a device that reads at another interval than it declares is warned of', flaw: 'wrong-interval' },
    { title: 'TG-605: a device that sends a value beyond its range as not judged fails', flaw: 'out-of-range' },
    { title: 'TG-701: a device that names a symbology in words fails', flaw: 'symbology-name' },
    { title: 'TG-701: a device that puts brackets around identifiers fails', flaw: 'brackets' },
    { title: 'TG-701: a device that writes FNC1 as text fails', flaw: 'fnc1-written' },
    { title: 'TG-702: a device that sends an odd number of digits of a tag fails', flaw: 'odd-hex' },
    { title: 'TG-702: a device that sends the control word in front of an EPC fails', flaw: 'epc-with-control-word' },
    { title: 'TG-703: a device whose event is no EPCIS 2.0 event fails', flaw: 'invalid-event' },
    { title: 'TG-704: a device that sends a label with a wrong check digit fails', flaw: 'wrong-check-digit' },
    { title: 'TG-704: a device whose event names a key with a wrong check digit fails', flaw: 'wrong-check-digit-in-event' }
  ],
  { passive: true }
)
