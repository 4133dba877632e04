/**
 * Vectors of EPC memory (GS1 EPC Tag Data Standard 1.x, §14): header, filter, partition and fields in bits. Bytes and names were made from the
 * tables of the standard by a program that shares nothing with the product; the examples of the standard are among them.
 */
import { epcServiceVectors, invalidEpcServiceVectors } from './epc-service-vectors.ts'
import type { VectorCase, VectorPair } from './vector.ts'

/** Name, EPC memory, EPC URN and the path of the key. */
const tags = `
SGTIN-96, the example of the Tag Data Standard | 3074257bf7194e4000001a85 | urn:epc:id:sgtin:0614141.812345.6789 | /01/80614141123458/21/6789
SGTIN-96, company prefix of 12 digits | 302376bbebf4544000000001 | urn:epc:id:sgtin:952123456789.1.1 | /01/19521234567896/21/1
SGTIN-96, company prefix of 11 digits | 3026c5632329c30000000001 | urn:epc:id:sgtin:95212345678.12.1 | /01/19521234567827/21/1
SGTIN-96, company prefix of 10 digits | 302a378282871ec000000001 | urn:epc:id:sgtin:9521234567.123.1 | /01/19521234567230/21/1
SGTIN-96, company prefix of 9 digits | 302f8c040401348000000001 | urn:epc:id:sgtin:952123456.1234.1 | /01/19521234562341/21/1
SGTIN-96, company prefix of 8 digits | 3032d6699c8c0e4000000001 | urn:epc:id:sgtin:95212345.12345.1 | /01/19521234523458/21/1
SGTIN-96, company prefix of 7 digits | 303645214878900000000001 | urn:epc:id:sgtin:9521234.123456.1 | /01/19521234234569/21/1
SGTIN-96, company prefix of 6 digits | 303ba1cec4b5a1c000000001 | urn:epc:id:sgtin:952123.1234567.1 | /01/19521232345670/21/1
SGTIN-96, filter 0 | 3016452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 1 | 3036452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 2 | 3056452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 3 | 3076452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 4 | 3096452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 5 | 30b6452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 6 | 30d6452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, filter 7 | 30f6452148350c4000000011 | urn:epc:id:sgtin:9521234.054321.17 | /01/09521234543213/21/17
SGTIN-96, serial 0 | 3036452148350c4000000000 | urn:epc:id:sgtin:9521234.054321.0 | /01/09521234543213/21/0
SGTIN-96, the highest serial | 3036452148350c7fffffffff | urn:epc:id:sgtin:9521234.054321.274877906943 | /01/09521234543213/21/274877906943
SGTIN-96, reference of zeros | 303645214800000000000005 | urn:epc:id:sgtin:9521234.000000.5 | /01/09521234000006/21/5
SGTIN-96, company prefix of zeros in front | 30340001ec350c4000000005 | urn:epc:id:sgtin:0000123.054321.5 | /01/00000123543217/21/5
SGTIN-96, the highest company prefix of 12 digits | 3023a352943ffe4000000001 | urn:epc:id:sgtin:999999999999.9.1 | /01/99999999999997/21/1
SGTIN-96, the highest reference of 7 digits | 303bd08fe6259fc000000001 | urn:epc:id:sgtin:999999.9999999.1 | /01/99999999999997/21/1
SGTIN-198, the example of the Tag Data Standard | 3674257bf6b7a659b2c2bf100000000000000000000000000000 | urn:epc:id:sgtin:0614141.712345.32a%2Fb | /01/70614141123451/21/32a%2Fb
SGTIN-198, one character | 3636452148350c60800000000000000000000000000000000000 | urn:epc:id:sgtin:9521234.054321.A | /01/09521234543213/21/A
SGTIN-198, 20 characters | 3636452148350c60c287122c68f224ca60c593368d5b3770e400 | urn:epc:id:sgtin:9521234.054321.ABCDEFGHIJ0123456789 | /01/09521234543213/21/ABCDEFGHIJ0123456789
SGTIN-198, leading zeros are part of the serial | 3636452148350c58306e00000000000000000000000000000000 | urn:epc:id:sgtin:9521234.054321.007 | /01/09521234543213/21/007
SGTIN-198, a dot in the serial | 3636452148350c58ae6400000000000000000000000000000000 | urn:epc:id:sgtin:9521234.054321.1.2 | /01/09521234543213/21/1.2
SGTIN-198, every character that a URN escapes | 3636452148350c51254cbde3e7e0000000000000000000000000 | urn:epc:id:sgtin:9521234.054321.%22%25%26%2F%3C%3E%3F | /01/09521234543213/21/%22%25%26%2F%3C%3E%3F
SGTIN-198, characters that it does not | 3636452148350c50a750a552b58b573a76f6fe1f400000000000 | urn:epc:id:sgtin:9521234.054321.!'()*+,-.:;=_az | /01/09521234543213/21/%21%27%28%29%2A%2B%2C-.%3A%3B%3D_az
SSCC-96, the example of the Tag Data Standard | 3174257bf4499602d2000000 | urn:epc:id:sscc:0614141.1234567890 | /00/106141412345678908
SSCC-96, company prefix of 12 digits | 314376bbebf4547530000000 | urn:epc:id:sscc:952123456789.30000 | /00/395212345678900000
SSCC-96, company prefix of 11 digits | 3146c5632329c493e0000000 | urn:epc:id:sscc:95212345678.300000 | /00/395212345678000007
SSCC-96, company prefix of 10 digits | 314a378282872dc6c0000000 | urn:epc:id:sscc:9521234567.3000000 | /00/395212345670000005
SSCC-96, company prefix of 9 digits | 314f8c040401c9c380000000 | urn:epc:id:sscc:952123456.30000000 | /00/395212345600000006
SSCC-96, company prefix of 8 digits | 3152d6699c91e1a300000000 | urn:epc:id:sscc:95212345.300000000 | /00/395212345000000002
SSCC-96, company prefix of 7 digits | 3156452148b2d05e00000000 | urn:epc:id:sscc:9521234.3000000000 | /00/395212340000000007
SSCC-96, company prefix of 6 digits | 315ba1cec6fc23ac01000000 | urn:epc:id:sscc:952123.30000000001 | /00/395212300000000018
SSCC-96, the highest reference | 315ba1ced74876e7ff000000 | urn:epc:id:sscc:952123.99999999999 | /00/995212399999999993
SGLN-96, the example of the Tag Data Standard | 3274257bf46072000000162e | urn:epc:id:sgln:0614141.12345.5678 | /414/0614141123452/254/5678
SGLN-96, company prefix of 12 digits | 322376bbebf4540000000009 | urn:epc:id:sgln:952123456789..9 | /414/9521234567899/254/9
SGLN-96, company prefix of 11 digits | 3226c5632329c20000000009 | urn:epc:id:sgln:95212345678.1.9 | /414/9521234567813/254/9
SGLN-96, company prefix of 10 digits | 322a37828287180000000009 | urn:epc:id:sgln:9521234567.12.9 | /414/9521234567127/254/9
SGLN-96, company prefix of 9 digits | 322f8c040400f60000000009 | urn:epc:id:sgln:952123456.123.9 | /414/9521234561231/254/9
SGLN-96, company prefix of 8 digits | 3232d6699c89a40000000009 | urn:epc:id:sgln:95212345.1234.9 | /414/9521234512349/254/9
SGLN-96, company prefix of 7 digits | 323645214860720000000009 | urn:epc:id:sgln:9521234.12345.9 | /414/9521234123453/254/9
SGLN-96, company prefix of 6 digits | 323ba1cec3c4800000000009 | urn:epc:id:sgln:952123.123456.9 | /414/9521231234565/254/9
SGLN-96, extension 0 is the place itself | 323645214800020000000000 | urn:epc:id:sgln:9521234.00001.0 | /414/9521234000013
SGLN-96, the highest extension | 32364521480003ffffffffff | urn:epc:id:sgln:9521234.00001.2199023255551 | /414/9521234000013/254/2199023255551
SGLN-195, an extension of 20 characters | 39364521480003127c396b58315f056c1850e2458d1e44994000 | urn:epc:id:sgln:9521234.00001.DOCK-01%2FA-ABCDEFGHIJ | /414/9521234000013/254/DOCK-01%2FA-ABCDEFGHIJ
SGLN-195, extension 0 is the place itself | 39364521480002c0000000000000000000000000000000000000 | urn:epc:id:sgln:9521234.00001.0 | /414/9521234000013
GRAI-96, the example of the Tag Data Standard | 3374257bf40c0e400000162e | urn:epc:id:grai:0614141.12345.5678 | /8003/006141411234525678
GRAI-96, company prefix of 12 digits | 330376bbebf4540000000009 | urn:epc:id:grai:952123456789..9 | /8003/095212345678999
GRAI-96, company prefix of 11 digits | 3306c5632329c04000000009 | urn:epc:id:grai:95212345678.1.9 | /8003/095212345678139
GRAI-96, company prefix of 10 digits | 330a37828287030000000009 | urn:epc:id:grai:9521234567.12.9 | /8003/095212345671279
GRAI-96, company prefix of 9 digits | 330f8c0404001ec000000009 | urn:epc:id:grai:952123456.123.9 | /8003/095212345612319
GRAI-96, company prefix of 8 digits | 3312d6699c81348000000009 | urn:epc:id:grai:95212345.1234.9 | /8003/095212345123499
GRAI-96, company prefix of 7 digits | 33164521480c0e4000000009 | urn:epc:id:grai:9521234.12345.9 | /8003/095212341234539
GRAI-96, company prefix of 6 digits | 331ba1cec078900000000009 | urn:epc:id:grai:952123.123456.9 | /8003/095212312345659
GRAI-96, the highest serial | 33164521480c0e7fffffffff | urn:epc:id:grai:9521234.12345.274877906943 | /8003/09521234123453274877906943
GRAI-170, 16 characters | 37164521480c0e69435ac183060c183060c183060c40 | urn:epc:id:grai:9521234.12345.RC-0000000000001 | /8003/09521234123453RC-0000000000001
GRAI-170, one character | 37164521480c0e7c0000000000000000000000000000 | urn:epc:id:grai:9521234.12345.x | /8003/09521234123453x
GIAI-96, the example of the Tag Data Standard | 3474257bf40000000000162e | urn:epc:id:giai:0614141.5678 | /8004/06141415678
GIAI-96, company prefix of 12 digits | 340376bbebf454000000004d | urn:epc:id:giai:952123456789.77 | /8004/95212345678977
GIAI-96, company prefix of 11 digits | 3406c5632329c0000000004d | urn:epc:id:giai:95212345678.77 | /8004/9521234567877
GIAI-96, company prefix of 10 digits | 340a3782828700000000004d | urn:epc:id:giai:9521234567.77 | /8004/952123456777
GIAI-96, company prefix of 9 digits | 340f8c04040000000000004d | urn:epc:id:giai:952123456.77 | /8004/95212345677
GIAI-96, company prefix of 8 digits | 3412d6699c8000000000004d | urn:epc:id:giai:95212345.77 | /8004/9521234577
GIAI-96, company prefix of 7 digits | 34164521480000000000004d | urn:epc:id:giai:9521234.77 | /8004/952123477
GIAI-96, company prefix of 6 digits | 341ba1cec00000000000004d | urn:epc:id:giai:952123.77 | /8004/95212377
GIAI-96, the highest asset of 12 digits of company prefix | 340376bbebf457ffffffffff | urn:epc:id:giai:952123456789.4398046511103 | /8004/9521234567894398046511103
GIAI-202, 18 characters behind 12 digits | 380376bbebf4560c287122c68f224ca97326ce9f428d20000000 | urn:epc:id:giai:952123456789.ABCDEFGHIJKLMNOPQR | /8004/952123456789ABCDEFGHIJKLMNOPQR
GIAI-202, 24 characters behind 6 digits | 381ba1cef0e2c7932e6cfa34ead7b36eedfc38f2e7d3af6efe00 | urn:epc:id:giai:952123.abcdefghijklmnopqrstuvwx | /8004/952123abcdefghijklmnopqrstuvwx
GIAI-202, one character | 381645214a080000000000000000000000000000000000000000 | urn:epc:id:giai:9521234.A | /8004/9521234A
`

const root = 'https://id.gs1.org'
const tag = (line: string): VectorCase => {
  const [name = '', hex = '', urn = '', path = ''] = line.split(' | ')
  return { name, hex, urn, digitalLink: root + path }
}
const bad = (name: string, hex: string, code: string): VectorCase => ({ name, hex, code })

export const epcVectors: VectorPair = {
  valid: {
    kind: 'epc',
    about: 'EPC memory from its header on, the EPC URN that it holds and the GS1 key that this names, if it names one.',
    cases: [
      ...tags
        .trim()
        .split('\n')
        .map((line) => tag(line)),
      ...epcServiceVectors
    ]
  },
  invalid: {
    kind: 'epc',
    about: 'EPC memory that holds no name. `code` is what the platform answers.',
    cases: [
      bad('empty', '', 'GS1_EPC_HEX'),
      bad('one byte', '30', 'GS1_EPC_HEX'),
      bad('more than 62 bytes', '36'.padEnd(126, '0'), 'GS1_EPC_HEX'),
      bad('SGTIN-96 of eight bytes', '3074257bf7194e40', 'GS1_EPC_SHORT'),
      bad('SGTIN-96 without its last byte', '3074257bf7194e4000001a', 'GS1_EPC_SHORT'),
      bad('SGTIN-198 of 96 bits', '3674257bf6b7a659b2c2bf10', 'GS1_EPC_SHORT'),
      bad('GIAI-202 of 96 bits', '3814257bf400000000000001', 'GS1_EPC_SHORT'),
      bad('SGTIN-96 with company prefix 10^12', '3023a3529440004000000001', 'GS1_EPC_RANGE'),
      bad('SGTIN-96 with reference 10^7 behind 6 digits', '303ba1cee625a00000000001', 'GS1_EPC_RANGE'),
      bad('SGTIN-96 with reference 10 behind 12 digits', '302376bbebf4568000000001', 'GS1_EPC_RANGE'),
      bad('SSCC-96 with reference 10^11 behind 6 digits', '313ba1ced74876e800000000', 'GS1_EPC_RANGE'),
      bad('SGLN-96 with company prefix 10^6', '323bd0900000020000000001', 'GS1_EPC_RANGE'),
      bad('SGLN-96 with a reference behind 12 digits', '322376bbebf4560000000001', 'GS1_EPC_RANGE'),
      bad('GRAI-96 with reference 10^6 behind 6 digits', '333ba1cec3d0900000000001', 'GS1_EPC_RANGE'),
      bad('GIAI-96 with company prefix 10^7', '3436625a0000000000000001', 'GS1_EPC_RANGE'),
      bad('SGTIN-198 without serial', '3636452148350c40000000000000000000000000000000000000', 'GS1_EPC_SERIAL'),
      bad('SGTIN-198 with a space in its serial', '3636452148350c60a08400000000000000000000000000000000', 'GS1_EPC_SERIAL'),
      bad('SGTIN-198 with a control character in its serial', '3636452148350c609d8400000000000000000000000000000000', 'GS1_EPC_SERIAL'),
      bad(
        'SGTIN-198 with a character after the end of its serial',
        '3636452148350c60808400000000000000000000000000000000',
        'GS1_EPC_SERIAL'
      ),
      bad('SGLN-195 without extension', '3936452148000200000000000000000000000000000000000000', 'GS1_EPC_SERIAL'),
      bad('GRAI-170 without serial', '37364521480c0e400000000000000000000000000000', 'GS1_EPC_SERIAL'),
      bad('GIAI-202 without asset', '3836452148000000000000000000000000000000000000000000', 'GS1_EPC_SERIAL'),
      bad('partition 7', '303e452148350c4000000001', 'GS1_EPC_PARTITION'),
      bad('a tag that was never written', '000000000000000000000000', 'GS1_EPC_HEADER'),
      bad('all ones', 'ffffffffffffffffffffffff', 'GS1_EPC_HEADER'),
      bad('TID memory in place of EPC memory', 'e28011606000020000001234', 'GS1_EPC_HEADER'),
      bad('a header of the US Department of Defense', '2f00000000000000000000aa', 'GS1_EPC_HEADER'),
      bad(
        'an aerospace and defense identifier, the example of the Tag Data Standard',
        '3b0e0cf5e76c9047759ad00373dc7602e7200000',
        'GS1_EPC_HEADER'
      ),
      ...invalidEpcServiceVectors
    ]
  }
}
