/* Application identifiers by the table: element strings read, values checked against their format, and which may stand together. */
#include <string.h>

#include "tables.h"

#define GROUP_SEPARATOR 0x1d

static const tgi_ai *find_row(uint16_t number, uint8_t digits) {
  for (size_t index = 0; index < TGI_AI_ROWS; index += 1) {
    const tgi_ai *row = &tgi_ais[index];
    if (row->digits == digits && number >= row->first && number <= row->last) return row;
  }
  return NULL;
}

const tgi_ai *tgi_find_ai(tg_text ai) {
  uint16_t number = 0;
  if (ai.length < 2 || ai.length > 4 || !tgi_is_digits(ai)) return NULL;
  for (size_t index = 0; index < ai.length; index += 1) number = (uint16_t)(number * 10 + (ai.bytes[index] - '0'));
  return find_row(number, (uint8_t)ai.length);
}

const tgi_ai *tgi_ai_at(tg_text data, size_t at) {
  for (size_t digits = 2; digits <= 4 && data.length - at >= digits; digits += 1) {
    const tgi_ai *row = tgi_find_ai(tgi_text_part(data, at, digits));
    if (row != NULL) return row;
  }
  return NULL;
}

/* ---- Values ---- */

static bool is_set82(char c) {
  return (c >= '%' && c <= '?') || c == '!' || c == '"' || c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_set39(char c) { return c == '#' || c == '-' || c == '/' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

static const char *check_base64(tg_text text) {
  size_t pads = 0;
  while (pads < text.length && text.bytes[text.length - 1 - pads] == '=') pads += 1;
  if (pads > 2 || (pads > 0 && text.length % 3 != 0)) return "GS1_INVALID_CSET64_PADDING";
  for (size_t index = 0; index < text.length - pads; index += 1) {
    const tg_text one = tgi_text_part(text, index, 1);
    if (!tgi_is_name(one)) return "GS1_INVALID_CSET64_CHARACTER";
  }
  return NULL;
}

static const char *check_characters(char set, tg_text text) {
  if (set == 'N') return tgi_is_digits(text) ? NULL : "GS1_NON_DIGIT_CHARACTER";
  if (set == 'Z') return check_base64(text);
  for (size_t index = 0; index < text.length; index += 1) {
    if (set == 'X' && !is_set82(text.bytes[index])) return "GS1_INVALID_CSET82_CHARACTER";
    if (set == 'Y' && !is_set39(text.bytes[index])) return "GS1_INVALID_CSET39_CHARACTER";
  }
  return NULL;
}

static const char *check_component(const tgi_component *component, tg_text part, bool any_piece) {
  const char *wrong = check_characters(component->set, part);
  for (size_t index = 0; index < sizeof component->rules && wrong == NULL; index += 1) {
    const uint8_t rule = component->rules[index];
    if (rule == TGI_RULE_NONE || (rule == TGI_RULE_PIECEOFTOTAL && any_piece)) continue;
    wrong = tgi_check_rule(rule, part);
  }
  return wrong;
}

const char *tgi_check_ai_value(const tgi_ai *ai, tg_text value, bool any_piece) {
  size_t at = 0;
  if (value.length == 0) return "GS1_EMPTY_VALUE";
  for (uint16_t index = 0; index < ai->component_count; index += 1) {
    const tgi_component *component = &tgi_components[ai->component + index];
    const size_t rest = value.length - at;
    if (rest == 0 && component->optional) break;
    const size_t length = rest < component->max ? rest : component->max;
    if (length < component->min) return "GS1_INCORRECT_LENGTH";
    const char *wrong = check_component(component, tgi_text_part(value, at, length), any_piece);
    if (wrong != NULL) return wrong;
    at += length;
  }
  return at == value.length ? NULL : "GS1_INCORRECT_LENGTH";
}

/* ---- Element strings ---- */

static size_t fixed_length(const tgi_ai *ai) {
  size_t length = 0;
  for (uint16_t index = 0; index < ai->component_count; index += 1) length += tgi_components[ai->component + index].max;
  return length;
}

static size_t value_end(const tgi_ai *ai, tg_text data, size_t start) {
  size_t end = start;
  while (end < data.length && data.bytes[end] != GROUP_SEPARATOR) end += 1;
  if ((ai->flags & TGI_AI_FIXED) == 0) return end;
  const size_t fixed = start + fixed_length(ai);
  return fixed < end ? fixed : end;
}

int tg_read_element_string(tg_text data, tg_ai_value *ais, size_t ais_max, size_t *count, tg_reason *reason) {
  size_t at = data.length > 0 && data.bytes[0] == GROUP_SEPARATOR ? 1 : 0;
  *count = 0;
  tgi_reason_clear(reason);
  if (at == data.length) return tgi_refuse_whole(reason, "GS1_EMPTY");
  while (at < data.length) {
    const tgi_ai *ai = tgi_ai_at(data, at);
    if (ai == NULL) return tgi_refuse_whole(reason, "GS1_UNKNOWN_AI");
    const size_t start = at + ai->digits;
    const size_t end = value_end(ai, data, start);
    const tg_ai_value found = {tgi_text_part(data, at, ai->digits), tgi_text_part(data, start, end - start)};
    const char *wrong = tgi_check_ai_value(ai, found.value, false);
    if (wrong != NULL) return tgi_refuse_whole(reason, wrong);
    if (*count >= ais_max || *count >= TG_AIS_MAX) return tgi_refuse_whole(reason, "GS1_TOO_MANY_AIS");
    ais[(*count)++] = found;
    at = end < data.length && data.bytes[end] == GROUP_SEPARATOR ? end + 1 : end;
  }
  return TG_OK;
}

/* ---- Together ---- */

bool tgi_next_part(tg_text list, char separator, size_t *at, tg_text *part) {
  if (*at > list.length || list.length == 0) return false;
  size_t end = *at;
  while (end < list.length && list.bytes[end] != separator) end += 1;
  part->bytes = list.bytes + *at;
  part->length = end - *at;
  *at = end + 1;
  return true;
}

/* `310n` stands for 3100 to 3109. */
static bool fits_pattern(tg_text ai, tg_text pattern) {
  if (ai.length != pattern.length) return false;
  for (size_t index = 0; index < ai.length; index += 1)
    if (pattern.bytes[index] != 'n' && pattern.bytes[index] != ai.bytes[index]) return false;
  return true;
}

static bool is_there(const tg_ai_value *ais, size_t count, tg_text pattern, tg_text other_than) {
  for (size_t index = 0; index < count; index += 1)
    if (!tgi_text_same(ais[index].ai, other_than) && fits_pattern(ais[index].ai, pattern)) return true;
  return false;
}

static bool has_whole_group(const tg_ai_value *ais, size_t count, tg_text groups, tg_text self) {
  size_t at = 0;
  tg_text group;
  while (tgi_next_part(groups, ',', &at, &group)) {
    size_t member_at = 0;
    tg_text member;
    bool whole = true;
    while (tgi_next_part(group, '+', &member_at, &member)) whole = whole && is_there(ais, count, member, self);
    if (whole) return true;
  }
  return false;
}

static bool lacks_something(const tg_ai_value *ais, size_t count, const tgi_ai *row, tg_text self) {
  size_t at = 0;
  tg_text groups;
  while (tgi_next_part(tg_text_of(row->required), ';', &at, &groups))
    if (!has_whole_group(ais, count, groups, self)) return true;
  return false;
}

static bool excludes_something(const tg_ai_value *ais, size_t count, const tgi_ai *row, tg_text self) {
  size_t at = 0;
  tg_text pattern;
  while (tgi_next_part(tg_text_of(row->excluded), ',', &at, &pattern))
    if (is_there(ais, count, pattern, self)) return true;
  return false;
}

/* A digital signature (8030) is of one instance: keys with an optional serial need it (General Specifications §4.15). */
static bool lacks_serial(const tg_ai_value *ais, size_t count) {
  static const struct {
    const char *ai;
    size_t class_length;
  } keys[] = {{"253", 13}, {"255", 13}, {"8003", 14}};
  const tg_text none = {NULL, 0};
  if (!is_there(ais, count, tg_text_of("8030"), none)) return false;
  for (size_t index = 0; index < count; index += 1)
    for (size_t key = 0; key < sizeof keys / sizeof keys[0]; key += 1)
      if (tgi_text_is(ais[index].ai, keys[key].ai) && ais[index].value.length == keys[key].class_length) return true;
  return false;
}

const char *tgi_check_together(const tg_ai_value *ais, size_t count, bool with_required, size_t placed) {
  for (size_t index = 0; index < count; index += 1)
    for (size_t before = 0; before < index; before += 1)
      if (tgi_text_same(ais[index].ai, ais[before].ai) && !tgi_text_same(ais[index].value, ais[before].value)) return "GS1_REPEATED_AI";
  for (size_t index = 0; index < count; index += 1) {
    const tgi_ai *row = tgi_find_ai(ais[index].ai);
    const bool needs_nothing = !with_required || (index >= 1 && index < placed);
    if (row == NULL) continue;
    if (excludes_something(ais, count, row, ais[index].ai)) return "GS1_EXCLUSIVE_AIS";
    if (!needs_nothing && lacks_something(ais, count, row, ais[index].ai)) return "GS1_REQUIRED_AI";
  }
  return lacks_serial(ais, count) ? "GS1_SERIAL_NEEDED" : NULL;
}

int tg_check_associations(const tg_ai_value *ais, size_t count, tg_reason *reason) {
  const char *wrong = tgi_check_together(ais, count, false, 0);
  tgi_reason_clear(reason);
  return wrong == NULL ? TG_OK : tgi_refuse_whole(reason, wrong);
}
