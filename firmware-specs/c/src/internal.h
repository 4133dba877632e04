/*
 * What the files of the reference share: rows of the generated tables, reading of JSON and CBOR through one kind of item, writing into a
 * buffer that may be too small. Not for use outside of this folder.
 */
#ifndef TRACEGATE_INTERNAL_H
#define TRACEGATE_INTERNAL_H

#include "../tracegate.h"

/* Stands for "no such field" and "no such row" in the tables. */
#define TGI_NONE 0xffffu

/* ---- Rows of the generated tables ---- */

enum tgi_type {
  TGI_OBJECT,
  TGI_OPEN_OBJECT,       /* other members are free */
  TGI_EXTENSIBLE_OBJECT, /* other members are free when they have a prefix, as `example:member` */
  TGI_ARRAY,
  TGI_SET, /* an array of texts, none twice */
  TGI_STRING,
  TGI_NUMBER,
  TGI_INTEGER,
  TGI_BOOLEAN,
  TGI_NULL,
  TGI_ANY,
  TGI_ENUM,
  TGI_UNION,
  TGI_CONST_NUMBER,
  TGI_CONST_STRING,
  TGI_CONST_BOOLEAN
};

/* How a struct holds the value of a node. */
enum tgi_store {
  TGI_STORE_NONE,
  TGI_STORE_STRUCT,
  TGI_STORE_RAW,
  TGI_STORE_LIST,
  TGI_STORE_TEXT,
  TGI_STORE_NUMBER,
  TGI_STORE_INTEGER,
  TGI_STORE_BOOLEAN,
  TGI_STORE_WORD,    /* uint8_t: which of the words */
  TGI_STORE_NUMERAL, /* uint8_t: the number itself */
  TGI_STORE_SCALAR,
  TGI_STORE_VARIANT
};

typedef struct tgi_message {
  const char *channel;
  uint16_t node;
  uint16_t size;
} tgi_message;

/*
 * `first`: first member of an object, node of an array's items, first variant of a union, first word of an enumeration, or the constant
 * (a number, a word's index, 0 or 1), the format of a string (enum tgi_format). `size`: of a struct or an array's item; of a union of structs, where its `as` begins.
 */
typedef struct tgi_node {
  uint8_t type;
  uint8_t store;
  uint16_t pattern;
  uint16_t limit;
  uint16_t first;
  uint16_t count;
  uint16_t size;
} tgi_node;

typedef struct tgi_member {
  const char *name;
  uint16_t node;
  uint8_t required;
  uint16_t offset;
  uint16_t count_offset;
  uint16_t presence_offset;
} tgi_member;

enum { TGI_LOW = 1, TGI_HIGH = 2, TGI_LOW_EXCLUSIVE = 4, TGI_HIGH_EXCLUSIVE = 8 };

typedef struct tgi_limit {
  double low;
  double high;
  uint8_t flags;
} tgi_limit;

enum tgi_format { TGI_FORMAT_NONE, TGI_FORMAT_URI, TGI_FORMAT_DATE_TIME };

/* How a text is matched: by steps of sets, or by a function of its own. */
enum tgi_pattern_kind {
  TGI_PATTERN_STEPS,
  TGI_PATTERN_TERM, /* one of `count` words from `first` on, or a URI */
  TGI_PATTERN_NO_BRACKET,
  TGI_PATTERN_VERSION,
  TGI_PATTERN_ZONE_OFFSET,
  TGI_PATTERN_MEASUREMENT_TYPE
};

typedef struct tgi_pattern {
  uint16_t first;
  uint16_t count;
  uint8_t kind;
} tgi_pattern;

typedef struct tgi_alternative {
  uint16_t first;
  uint16_t count;
} tgi_alternative;

typedef struct tgi_epcis {
  const char *type;
  uint16_t node;
} tgi_epcis;

typedef struct tgi_step {
  uint16_t set;
  uint16_t min;
  uint16_t max;
} tgi_step;

enum { TGI_AI_FIXED = 1, TGI_AI_ATTRIBUTE = 2, TGI_AI_KEY = 4 };

/* A run of application identifiers with the same rules. */
typedef struct tgi_ai {
  uint16_t first;
  uint16_t last;
  uint8_t digits;
  uint8_t flags;
  uint16_t component;
  uint16_t component_count;
  const char *required;   /* `;` parts requirements, `,` the groups of one, `+` the members of a group */
  const char *excluded;   /* patterns, `n` for any digit */
  const char *qualifiers; /* rows parted by `|`, each in path order */
} tgi_ai;

typedef struct tgi_component {
  char set;
  uint8_t min;
  uint8_t max;
  uint8_t optional;
  uint8_t rules[3];
} tgi_component;

/* ---- Writing ---- */

/* A buffer of the caller: counts what is needed even when it does not fit. */
typedef struct tgi_sink {
  uint8_t *bytes;
  size_t size;
  size_t length;
} tgi_sink;

void tgi_put(tgi_sink *sink, const void *bytes, size_t length);
void tgi_put_byte(tgi_sink *sink, uint8_t byte);
void tgi_put_terminated(tgi_sink *sink, const char *text);
/* Ends a text with a NUL that is not counted; returns the length or TG_NO_ROOM. */
int32_t tgi_end_text(tgi_sink *sink);

/* ---- Texts and reasons ---- */

/* Reads one code point of valid or invalid UTF-8; -1 for what is none (RFC 3629), having moved one byte on. */
int32_t tgi_utf8_next(const uint8_t *bytes, size_t length, size_t *at);
bool tgi_utf8_valid(const uint8_t *bytes, size_t length);
size_t tgi_utf8_write(int32_t code, uint8_t bytes[4]);
bool tgi_text_is(tg_text text, const char *terminated);
bool tgi_text_same(tg_text left, tg_text right);
tg_text tgi_text_part(tg_text text, size_t from, size_t length);
bool tgi_is_digits(tg_text text);
int tgi_hex_value(char digit);
/* Whether a name of the topic grammar. */
bool tgi_is_name(tg_text text);

void tgi_reason_clear(tg_reason *reason);
/* Sets the code, keeps the pointer; returns TG_REFUSED. */
int tgi_refuse(tg_reason *reason, const char *code);
/* Sets code and an empty pointer; returns TG_REFUSED. */
int tgi_refuse_whole(tg_reason *reason, const char *code);

/* A path into the payload, kept on the stack of a walk. */
typedef struct tgi_path {
  const struct tgi_path *parent;
  const char *name; /* a member, or NULL: an index, or a key of the payload */
  size_t index;
  tg_text key;
  bool is_key;
} tgi_path;
void tgi_reason_at(tg_reason *reason, const char *code, const tgi_path *path);

/* ---- Numbers ---- */

/* A JSON number of the given extent. */
double tgi_parse_number(const uint8_t *bytes, size_t length);
bool tgi_is_integer(double value);
bool tgi_is_finite(double value);

/* ---- Reading: JSON and CBOR as one ---- */

typedef struct tgi_source {
  const uint8_t *bytes;
  size_t length;
  size_t start; /* of the root item */
  bool is_cbor;
} tgi_source;

enum tgi_kind { TGI_ITEM_OBJECT, TGI_ITEM_ARRAY, TGI_ITEM_STRING, TGI_ITEM_NUMBER, TGI_ITEM_TRUE, TGI_ITEM_FALSE, TGI_ITEM_NULL };

typedef struct tgi_item {
  uint8_t kind;   /* enum tgi_kind */
  bool endless;   /* CBOR container of indefinite length */
  size_t body;    /* first byte of the content */
  size_t length;  /* bytes of a string; members or items of a CBOR container of definite length */
  size_t end;     /* first byte behind a scalar; of a container, see tgi_item_end */
  double number;
} tgi_item;

/* Well-formed as the contract wants it, or the code: of UTF-8, depth, syntax. Fills the source. */
int tgi_open(tgi_source *source, const uint8_t *payload, size_t length, tg_reason *reason);
bool tgi_is_cbor(const uint8_t *payload, size_t length);
const char *tgi_json_check(const uint8_t *bytes, size_t length, size_t *start);
const char *tgi_cbor_check(const uint8_t *bytes, size_t length, size_t *start);

/* Reads the head of the item at an offset of a source that is well-formed. */
tgi_item tgi_item_at(const tgi_source *source, size_t at);
tgi_item tgi_json_item(const tgi_source *source, size_t at);
tgi_item tgi_cbor_item(const tgi_source *source, size_t at);
size_t tgi_item_end(const tgi_source *source, const tgi_item *item);
/* A CBOR item's head: major type, argument, length of the head. False when it does not fit or is reserved. */
bool tgi_cbor_head(const uint8_t *bytes, size_t length, size_t at, uint8_t *major, uint64_t *argument, size_t *size);
size_t tgi_json_skip_space(const uint8_t *bytes, size_t length, size_t at);

/* Walks the members of an object or the items of an array. */
typedef struct tgi_cursor {
  const tgi_source *source;
  size_t at;
  size_t left;
  bool is_object;
  bool endless;
  bool is_done;
} tgi_cursor;
void tgi_cursor_open(tgi_cursor *cursor, const tgi_source *source, const tgi_item *container);
bool tgi_cursor_next(tgi_cursor *cursor, tgi_item *key, tgi_item *value);
size_t tgi_count(const tgi_source *source, const tgi_item *container);

/* The characters of a string item, escapes resolved. A lone surrogate comes as it is. */
typedef struct tgi_characters {
  const tgi_source *source;
  size_t at;
  size_t end;
} tgi_characters;
void tgi_characters_open(tgi_characters *characters, const tgi_source *source, const tgi_item *string);
bool tgi_characters_next(tgi_characters *characters, int32_t *code);
bool tgi_string_is(const tgi_source *source, const tgi_item *string, const char *terminated);
bool tgi_strings_same(const tgi_source *source, const tgi_item *left, const tgi_item *right);
bool tgi_has_escape(const tgi_source *source, const tgi_item *string);
/* The value of a member, the last when it stands twice. */
bool tgi_find(const tgi_source *source, const tgi_item *object, const char *name, tgi_item *value);

/* ---- Checking against the table ---- */

int tgi_check_node(const tgi_source *source, const tgi_item *item, uint16_t node, tg_reason *reason);
int tgi_check_node_at(const tgi_source *source, const tgi_item *item, uint16_t node, const tgi_path *path, tg_reason *reason);
/* EPCIS 2.0 inside of an event message, or bare: an event, a document or a query document. */
int tgi_check_epcis(const tgi_source *source, const tgi_item *item, const tgi_path *path, tg_reason *reason);
bool tgi_has_format(uint16_t format, const tgi_source *source, const tgi_item *string);
/* A pattern that steps do not tell. */
bool tgi_matches_own(const tgi_pattern *pattern, const tgi_source *source, const tgi_item *string);
/* `example:member`: a prefix and a name without white space. */
bool tgi_is_extension(const tgi_source *source, const tgi_item *key);
/* Code of a number, a count or a text that breaks its row; NULL when it is right. */
const char *tgi_check_number(const tgi_node *node, double value);
const char *tgi_check_count(const tgi_node *node, size_t count, bool is_string);
/* Pattern of a row against characters given one by one. */
bool tgi_match_characters(uint16_t pattern, const tgi_source *source, const tgi_item *string);

/* ---- Writing items ---- */

void tgi_write_number(tgi_sink *sink, enum tg_encoding encoding, double value);
void tgi_write_integer(tgi_sink *sink, enum tg_encoding encoding, int64_t value);
void tgi_write_literal(tgi_sink *sink, enum tg_encoding encoding, enum tgi_kind kind);
void tgi_write_text(tgi_sink *sink, enum tg_encoding encoding, tg_text text);
void tgi_write_open(tgi_sink *sink, enum tg_encoding encoding, bool is_object, size_t count);
void tgi_write_between(tgi_sink *sink, enum tg_encoding encoding, size_t index);
void tgi_write_colon(tgi_sink *sink, enum tg_encoding encoding);
void tgi_write_close(tgi_sink *sink, enum tg_encoding encoding, bool is_object);
void tgi_write_item(tgi_sink *sink, enum tg_encoding encoding, const tgi_source *source, const tgi_item *item);

/* ---- GS1 ---- */

const tgi_ai *tgi_find_ai(tg_text ai);
/* The row of the identifier that data opens with; NULL when it is not allocated. No identifier is the beginning of another. */
const tgi_ai *tgi_ai_at(tg_text data, size_t at);
/* NULL or the fault. `any_piece` takes a piece number above its total: it is wrong, and still names one thing. */
const char *tgi_check_ai_value(const tgi_ai *ai, tg_text value, bool any_piece);
/* NULL or the fault of one component. */
const char *tgi_check_rule(uint8_t rule, tg_text part);
const char *tgi_check_coupon_offer(tg_text text);
const char *tgi_check_coupon_code(tg_text text);
const char *tgi_check_date(tg_text text, unsigned day_min);
/* What of identifiers excludes, needs or repeats another; `placed` of them, from the second on, need nothing. NULL or the code. */
const char *tgi_check_together(const tg_ai_value *ais, size_t count, bool with_required, size_t placed);
/* The next of the parts of `list` that `separator` divides; false behind the last. `at` starts at 0. */
bool tgi_next_part(tg_text list, char separator, size_t *at, tg_text *part);
/* Percent-escapes all but the unreserved characters of RFC 3986. */
void tgi_put_escaped(tgi_sink *sink, tg_text text);

/* Aligned for every member that a generated struct has; NULL when the arena has no room. */
uint8_t *tgi_take(tg_arena *arena, size_t size);

#endif
