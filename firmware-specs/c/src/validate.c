/*
 * Walks a payload along the schema table and names the first fault, in the order in which the platform names it: type, missing members,
 * unknown members, members in the order of the schema, items, then limits. Recursion goes as deep as the schema, not as the payload.
 */
#include "tables.h"

/* A constant that differs marks another form of a union; it weighs more than all other faults together. */
#define WEIGHT_CONSTANT 1000u

typedef struct checking {
  const tgi_source *source;
  tg_reason *reason;
  bool is_weighing; /* go on after the first fault */
  bool has_fault;
  unsigned weight;
} checking;

static void check(checking *walk, const tgi_item *item, uint16_t index, const tgi_path *path);

static void fault(checking *walk, const char *code, const tgi_path *path, unsigned weight) {
  if (!walk->has_fault && code != NULL) {
    tgi_reason_at(walk->reason, code, path);
    walk->has_fault = true;
  }
  walk->weight += weight;
}

static bool is_over(const checking *walk) { return walk->has_fault && !walk->is_weighing; }

const char *tgi_check_number(const tgi_node *node, double value) {
  if (node->limit == TGI_NONE) return NULL;
  const tgi_limit *limit = &tgi_limits[node->limit];
  if ((limit->flags & TGI_LOW_EXCLUSIVE) && value <= limit->low) return "SCHEMA_EXCLUSIVEMINIMUM";
  if ((limit->flags & TGI_HIGH_EXCLUSIVE) && value >= limit->high) return "SCHEMA_EXCLUSIVEMAXIMUM";
  if ((limit->flags & TGI_LOW) && value < limit->low) return "SCHEMA_MINIMUM";
  if ((limit->flags & TGI_HIGH) && value > limit->high) return "SCHEMA_MAXIMUM";
  return NULL;
}

const char *tgi_check_count(const tgi_node *node, size_t count, bool is_string) {
  if (node->limit == TGI_NONE) return NULL;
  const tgi_limit *limit = &tgi_limits[node->limit];
  if ((limit->flags & TGI_LOW) && (double)count < limit->low) return is_string ? "SCHEMA_MINLENGTH" : "SCHEMA_MINITEMS";
  if ((limit->flags & TGI_HIGH) && (double)count > limit->high) return is_string ? "SCHEMA_MAXLENGTH" : "SCHEMA_MAXITEMS";
  return NULL;
}

static bool is_in_set(uint16_t set, int32_t code) { return code >= 0 && code < 128 && (tgi_sets[set][code / 8] >> (code % 8)) & 1; }

/* Only the last step of an alternative has an open count: nothing ever has to be given back. */
static bool matches_alternative(const tgi_alternative *alternative, const tgi_source *source, const tgi_item *string) {
  tgi_characters characters;
  int32_t code = 0;
  tgi_characters_open(&characters, source, string);
  bool more = tgi_characters_next(&characters, &code);
  for (uint16_t index = 0; index < alternative->count; index += 1) {
    const tgi_step *step = &tgi_steps[alternative->first + index];
    uint16_t count = 0;
    while (more && count < step->max && is_in_set(step->set, code)) {
      count += 1;
      more = tgi_characters_next(&characters, &code);
    }
    if (count < step->min) return false;
  }
  return !more;
}

bool tgi_match_characters(uint16_t pattern, const tgi_source *source, const tgi_item *string) {
  const tgi_pattern *row = &tgi_patterns[pattern];
  if (row->kind != TGI_PATTERN_STEPS) return tgi_matches_own(row, source, string);
  for (uint16_t index = 0; index < row->count; index += 1)
    if (matches_alternative(&tgi_alternatives[row->first + index], source, string)) return true;
  return false;
}

static size_t count_characters(const tgi_source *source, const tgi_item *string) {
  tgi_characters characters;
  int32_t code = 0;
  size_t count = 0;
  tgi_characters_open(&characters, source, string);
  while (tgi_characters_next(&characters, &code)) count += 1;
  return count;
}

static void check_string(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  const char *wrong = node->limit == TGI_NONE ? NULL : tgi_check_count(node, count_characters(walk->source, item), true);
  if (wrong != NULL) fault(walk, wrong, path, 1);
  if (!tgi_has_format(node->first, walk->source, item)) fault(walk, "SCHEMA_FORMAT", path, 1);
  if (node->pattern != TGI_NONE && !tgi_match_characters(node->pattern, walk->source, item)) fault(walk, "SCHEMA_PATTERN", path, 1);
}

static const tgi_member *find_member(const tgi_source *source, const tgi_node *node, const tgi_item *key) {
  for (uint16_t index = 0; index < node->count; index += 1) {
    const tgi_member *member = &tgi_members[node->first + index];
    if (tgi_string_is(source, key, member->name)) return member;
  }
  return NULL;
}

/* A name of the payload as text, escapes resolved, as far as a pointer takes it. */
static tg_text key_text(const tgi_source *source, const tgi_item *key, char bytes[TG_POINTER_BYTES]) {
  tgi_characters characters;
  int32_t code = 0;
  tg_text text = {bytes, 0};
  tgi_characters_open(&characters, source, key);
  while (text.length + 4 <= TG_POINTER_BYTES && tgi_characters_next(&characters, &code))
    text.length += tgi_utf8_write(code, (uint8_t *)bytes + text.length);
  return text;
}

static void check_unknown(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  bool is_unknown = false;
  tgi_cursor_open(&cursor, walk->source, item);
  while (!is_over(walk) && tgi_cursor_next(&cursor, &key, &value)) {
    if (find_member(walk->source, node, &key) != NULL) continue;
    if (node->type == TGI_EXTENSIBLE_OBJECT && tgi_is_extension(walk->source, &key)) continue;
    char bytes[TG_POINTER_BYTES];
    const tgi_path step = {path, NULL, 0, key_text(walk->source, &key, bytes), true};
    fault(walk, "SCHEMA_UNKNOWN_MEMBER", &step, 1);
    is_unknown = true;
  }
  if (is_unknown) fault(walk, NULL, path, 1);
}

static void check_object(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  tgi_item value;
  bool is_missing = false;
  for (uint16_t index = 0; index < node->count && !is_missing; index += 1) {
    const tgi_member *member = &tgi_members[node->first + index];
    is_missing = member->required && !tgi_find(walk->source, item, member->name, &value);
  }
  if (is_missing) fault(walk, "SCHEMA_REQUIRED", path, 1);
  if (node->type != TGI_OPEN_OBJECT) check_unknown(walk, item, node, path);
  for (uint16_t index = 0; index < node->count && !is_over(walk); index += 1) {
    const tgi_member *member = &tgi_members[node->first + index];
    const tgi_path step = {path, member->name, 0, {NULL, 0}, false};
    if (tgi_find(walk->source, item, member->name, &value)) check(walk, &value, member->node, &step);
  }
  const bool is_bounded = node->limit != TGI_NONE && !is_over(walk);
  if (is_bounded && (double)tgi_count(walk->source, item) < tgi_limits[node->limit].low) fault(walk, "SCHEMA_MINPROPERTIES", path, 1);
}

/* Takes the square of the number of items, which the schema keeps below a hundred. */
static bool has_repeated(const tgi_source *source, const tgi_item *array) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  tgi_cursor_open(&cursor, source, array);
  while (tgi_cursor_next(&cursor, &key, &value)) {
    tgi_cursor rest = cursor;
    tgi_item other;
    if (value.kind != TGI_ITEM_STRING) continue;
    while (tgi_cursor_next(&rest, &key, &other))
      if (other.kind == TGI_ITEM_STRING && tgi_strings_same(source, &value, &other)) return true;
  }
  return false;
}

static void check_array(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  size_t count = 0;
  tgi_cursor_open(&cursor, walk->source, item);
  for (; !is_over(walk) && tgi_cursor_next(&cursor, &key, &value); count += 1) {
    const tgi_path step = {path, NULL, count, {NULL, 0}, false};
    check(walk, &value, node->first, &step);
  }
  const char *wrong = is_over(walk) ? NULL : tgi_check_count(node, count, false);
  if (wrong != NULL) fault(walk, wrong, path, 1);
  if (node->type == TGI_SET && !is_over(walk) && has_repeated(walk->source, item)) fault(walk, "SCHEMA_UNIQUEITEMS", path, 1);
}

static checking try_variant(const checking *outer, const tgi_item *item, uint16_t index, bool is_weighing) {
  checking inner = {outer->source, NULL, is_weighing, false, 0};
  check(&inner, item, index, NULL);
  return inner;
}

/* Of forms that are objects the nearest one tells its faults; of anything else, that none of the forms fits. */
static void check_union(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  for (uint16_t index = 0; index < node->count; index += 1)
    if (!try_variant(walk, item, tgi_variants[node->first + index], false).has_fault) return;
  if (item->kind != TGI_ITEM_OBJECT) {
    fault(walk, "SCHEMA_ANYOF", path, 1);
    return;
  }
  uint16_t nearest = tgi_variants[node->first];
  unsigned least = 0;
  for (uint16_t index = 0; index < node->count; index += 1) {
    const unsigned weight = try_variant(walk, item, tgi_variants[node->first + index], true).weight;
    if (index > 0 && weight >= least) continue;
    least = weight;
    nearest = tgi_variants[node->first + index];
  }
  check(walk, item, nearest, path);
}

static bool has_type(const tgi_item *item, uint8_t type) {
  switch (type) {
    case TGI_OBJECT:
    case TGI_OPEN_OBJECT:
    case TGI_EXTENSIBLE_OBJECT:
      return item->kind == TGI_ITEM_OBJECT;
    case TGI_ARRAY:
    case TGI_SET:
      return item->kind == TGI_ITEM_ARRAY;
    case TGI_STRING:
    case TGI_CONST_STRING:
      return item->kind == TGI_ITEM_STRING;
    case TGI_NUMBER:
    case TGI_CONST_NUMBER:
      return item->kind == TGI_ITEM_NUMBER && tgi_is_finite(item->number);
    case TGI_INTEGER:
      return item->kind == TGI_ITEM_NUMBER && tgi_is_integer(item->number);
    case TGI_BOOLEAN:
    case TGI_CONST_BOOLEAN:
      return item->kind == TGI_ITEM_TRUE || item->kind == TGI_ITEM_FALSE;
    case TGI_NULL:
      return item->kind == TGI_ITEM_NULL;
    default:
      return true;
  }
}

static bool is_constant(const tgi_source *source, const tgi_item *item, const tgi_node *node) {
  switch (node->type) {
    case TGI_CONST_NUMBER:
      return item->kind == TGI_ITEM_NUMBER && item->number == (double)node->first;
    case TGI_CONST_STRING:
      return tgi_string_is(source, item, tgi_words[node->first]);
    case TGI_CONST_BOOLEAN:
      return item->kind == (node->first ? TGI_ITEM_TRUE : TGI_ITEM_FALSE);
    default:
      return true;
  }
}

static void check_number(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  const char *wrong = tgi_is_finite(item->number) ? tgi_check_number(node, item->number) : NULL;
  if (wrong != NULL) fault(walk, wrong, path, 1);
}

static void check_enum(checking *walk, const tgi_item *item, const tgi_node *node, const tgi_path *path) {
  for (uint16_t index = 0; index < node->count; index += 1)
    if (tgi_string_is(walk->source, item, tgi_words[node->first + index])) return;
  fault(walk, "SCHEMA_ENUM", path, 1);
}

static void check(checking *walk, const tgi_item *item, uint16_t index, const tgi_path *path) {
  const tgi_node *node = &tgi_nodes[index];
  if (!has_type(item, node->type)) fault(walk, "SCHEMA_TYPE", path, 1);
  const bool is_object_type = node->type == TGI_OBJECT || node->type == TGI_OPEN_OBJECT || node->type == TGI_EXTENSIBLE_OBJECT;
  if (is_object_type && item->kind == TGI_ITEM_OBJECT) check_object(walk, item, node, path);
  if ((node->type == TGI_ARRAY || node->type == TGI_SET) && item->kind == TGI_ITEM_ARRAY) check_array(walk, item, node, path);
  if (node->type == TGI_STRING && item->kind == TGI_ITEM_STRING) check_string(walk, item, node, path);
  if ((node->type == TGI_NUMBER || node->type == TGI_INTEGER) && item->kind == TGI_ITEM_NUMBER) check_number(walk, item, node, path);
  if (!is_constant(walk->source, item, node)) fault(walk, "SCHEMA_CONST", path, WEIGHT_CONSTANT);
  if (node->type == TGI_ENUM) check_enum(walk, item, node, path);
  if (node->type == TGI_UNION) check_union(walk, item, node, path);
}

int tgi_check_node_at(const tgi_source *source, const tgi_item *item, uint16_t node, const tgi_path *path, tg_reason *reason) {
  checking walk = {source, reason, false, false, 0};
  check(&walk, item, node, path);
  return walk.has_fault ? TG_REFUSED : TG_OK;
}

int tgi_check_node(const tgi_source *source, const tgi_item *item, uint16_t node, tg_reason *reason) {
  return tgi_check_node_at(source, item, node, NULL, reason);
}

/* An event may come in its envelope or bare; it is valid when the EPCIS in it is, too. */
static int check_event(const tgi_source *source, const tgi_item *root, tg_reason *reason) {
  tgi_item epcis;
  const bool has_envelope = root->kind == TGI_ITEM_OBJECT && tgi_find(source, root, "epcis", &epcis);
  if (!has_envelope) return tgi_check_epcis(source, root, NULL, reason);
  if (tgi_check_node(source, root, tgi_messages[TG_MESSAGE_EVENT].node, reason) != TG_OK) return TG_REFUSED;
  const tgi_path path = {NULL, "epcis", 0, {NULL, 0}, false};
  return tgi_check_epcis(source, &epcis, &path, reason);
}

int tg_validate(int message, const uint8_t *payload, size_t length, tg_reason *reason) {
  tgi_source source;
  if (message < 0 || message >= TG_MESSAGE_COUNT || (payload == NULL && length > 0)) return TG_MISUSE;
  if (tgi_open(&source, payload, length, reason) != TG_OK) return TG_REFUSED;
  const tgi_item root = tgi_item_at(&source, source.start);
  if (message == TG_MESSAGE_EVENT) return check_event(&source, &root, reason);
  return tgi_check_node(&source, &root, tgi_messages[message].node, reason);
}
