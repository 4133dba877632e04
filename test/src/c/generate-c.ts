/**
 * The generated files of `firmware-specs/c`: constants, enums and structs (`tracegate_types.h`), and the tables that the C code walks
 * (`src/tables.c`). Gives texts; writes nothing.
 */
import { configurationCharactersMax } from '@tracegate/model/command'
import { jsonDepthMax } from '@tracegate/model/codec'
import { aisMax } from '@tracegate/model/gs1/element-string'
import { scanLengthMax } from '@tracegate/model/gs1/scan-data'
import { scansPerMessageMax } from '@tracegate/model/scan'
import { droppedReadingsMetric, readingsPerMessageMax } from '@tracegate/model/telemetry'
import { topicBytesMax, topicRoot } from '@tracegate/model/topics'
import { payloadBytesMax, wireVersion } from '@tracegate/model/wire-limits'
import { gs1Header, gs1Tables } from './c-gs1.ts'
import { readSchemas, snake, type CTables } from './c-schema.ts'

const notice = '/* Generated from the schemas of the platform by `npm run generate`. Do not edit. */'

export function generatedC(): { readonly path: string; readonly text: string }[] {
  const tables = readSchemas()
  return [
    { path: 'firmware-specs/c/src/tables.c', text: tablesFile(tables) },
    { path: 'firmware-specs/c/src/tables.h', text: tablesHeader(tables) },
    { path: 'firmware-specs/c/tracegate_types.h', text: typesFile(tables) }
  ]
}

function typesFile(tables: CTables): string {
  const constants: readonly (readonly [string, number | string])[] = [
    ['TG_WIRE_VERSION', wireVersion],
    ['TG_TOPIC_ROOT', JSON.stringify(topicRoot)],
    ['TG_TOPIC_BYTES_MAX', topicBytesMax],
    ['TG_PAYLOAD_BYTES_MAX', payloadBytesMax],
    ['TG_DEPTH_MAX', jsonDepthMax],
    ['TG_READINGS_MAX', readingsPerMessageMax],
    ['TG_SCANS_MAX', scansPerMessageMax],
    ['TG_SCAN_CHARACTERS_MAX', scanLengthMax],
    ['TG_CONFIGURATION_CHARACTERS_MAX', configurationCharactersMax],
    ['TG_AIS_MAX', aisMax],
    ['TG_DROPPED_READINGS_METRIC', JSON.stringify(droppedReadingsMetric)]
  ]
  const messages = tables.messages.map(({ constant }, index) => `${constant} = ${index}`)
  return `${[
    notice,
    '#ifndef TRACEGATE_TYPES_H',
    '#define TRACEGATE_TYPES_H',
    '',
    '#include "tracegate_base.h"',
    '',
    '#ifdef __cplusplus',
    'extern "C" {',
    '#endif',
    '',
    ...constants.map(([name, value]) => `#define ${name} ${value}`),
    '',
    `enum tg_message { ${messages.join(', ')} };`,
    `#define TG_MESSAGE_COUNT ${messages.length}`,
    '',
    ...tables.enums.map(wrapEnum),
    '',
    tables.structs.join('\n\n'),
    '',
    ...tables.messages.flatMap(({ constant, struct }) => wrappers(constant, struct)),
    '#ifdef __cplusplus',
    '}',
    '#endif',
    '',
    '#endif'
  ].join('\n')}\n`
}

function wrapEnum(text: string): string {
  return text.length <= 120 ? text : text.replace('{ ', '{\n  ').replaceAll(', ', ',\n  ').replace(' };', '\n};')
}

function wrappers(constant: string, struct: string): string[] {
  const name = snake(constant.slice('TG_MESSAGE_'.length).toLowerCase())
  return [
    `static inline int32_t tg_encode_${name}(const ${struct} *value, enum tg_encoding encoding, uint8_t *bytes, size_t size,`,
    `                                       tg_reason *reason) {`,
    `  return tg_encode(${constant}, value, encoding, bytes, size, reason);`,
    `}`,
    `static inline int tg_decode_${name}(const uint8_t *payload, size_t length, ${struct} *value, tg_arena *arena, tg_reason *reason) {`,
    `  return tg_decode(${constant}, payload, length, value, arena, reason);`,
    `}`,
    ''
  ]
}

function tablesHeader(tables: CTables): string {
  return `${[
    notice,
    '#ifndef TRACEGATE_TABLES_H',
    '#define TRACEGATE_TABLES_H',
    '',
    '#include "internal.h"',
    '',
    '',
    'extern const tgi_message tgi_messages[];',
    'extern const tgi_node tgi_nodes[];',
    'extern const tgi_member tgi_members[];',
    'extern const uint16_t tgi_variants[];',
    'extern const char *const tgi_words[];',
    'extern const tgi_limit tgi_limits[];',
    'extern const tgi_pattern tgi_patterns[];',
    'extern const tgi_alternative tgi_alternatives[];',
    'extern const tgi_step tgi_steps[];',
    'extern const uint8_t tgi_sets[][16];',
    '',
    `#define TGI_EPCIS_COUNT ${tables.epcis.length}`,
    'extern const tgi_epcis tgi_epcis_types[];',
    '',
    gs1Header(),
    '',
    '#endif'
  ].join('\n')}\n`
}

function array(declaration: string, rows: readonly string[], epcisFrom = rows.length): string {
  const line = (row: string) => `  ${row},`
  const epcis = rows.slice(epcisFrom).map(line)
  const guarded = epcis.length === 0 ? [] : ['#ifndef TG_WITHOUT_EPCIS', ...epcis, '#endif']
  return [`const ${declaration} = {`, ...rows.slice(0, epcisFrom).map(line), ...guarded, '};', ''].join('\n')
}

function tablesFile(tables: CTables): string {
  const { rows, epcisFrom } = tables
  const { patterns } = rows
  const messages = tables.messages.map(({ channel, struct, node }) => `{"${channel}", ${node}, sizeof(${struct})}`)
  const alternatives = patterns.alternatives.map(({ first, count }) => `{${first}, ${count}}`)
  const steps = patterns.steps.map(({ set, min, max }) => `{${set}, ${min}, ${max}}`)
  const sets = patterns.sets.map((set) => `{${set.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')}}`)
  return `${[
    notice,
    '#include "tables.h"',
    '',
    array('tgi_message tgi_messages[]', messages),
    '/* type, store, pattern, limit, first, count, size */',
    array('tgi_node tgi_nodes[]', rows.nodes, epcisFrom.nodes),
    '/* name, node, required, offset, count offset, presence offset */',
    array('tgi_member tgi_members[]', rows.members, epcisFrom.members),
    array('uint16_t tgi_variants[]', rows.variants.map(String), epcisFrom.variants),
    array(
      'char *const tgi_words[]',
      rows.words.map((word) => JSON.stringify(word)),
      epcisFrom.words
    ),
    array('tgi_limit tgi_limits[]', rows.limits),
    array(
      'tgi_pattern tgi_patterns[]',
      patterns.patterns.map(({ kind, first, count }) => `{${first}, ${count}, TGI_PATTERN_${kind}}`)
    ),
    array('tgi_alternative tgi_alternatives[]', alternatives),
    array('tgi_step tgi_steps[]', steps),
    array('uint8_t tgi_sets[][16]', sets),
    '#ifndef TG_WITHOUT_EPCIS',
    array(
      'tgi_epcis tgi_epcis_types[]',
      tables.epcis.map(({ name, node }) => `{"${name}", ${node}}`)
    ).trimEnd(),
    '#endif',
    '',
    gs1Tables()
  ].join('\n')}\n`
}
