/*
 * EPC memory of RFID tags (GS1 EPC Tag Data Standard 1.13, §14) to the EPC URN: every scheme of a GS1 key, and GID-96. Not read are
 * USDoD-96, ADI-var, and the schemes of TDS 2.0 that carry no company prefix.
 */
#include <string.h>

#include "internal.h"

/* Bits and digits of the company prefix, by partition (tables 14-3 and following). */
static const struct {
  uint8_t bits;
  uint8_t digits;
} prefixes[] = {{40, 12}, {37, 11}, {34, 10}, {30, 9}, {27, 8}, {24, 7}, {20, 6}};

/* A key of digits; a reference without fixed length (GIAI, CPI); a general identifier. */
enum form { FORM_KEY, FORM_PIECES, FORM_GIAI, FORM_CPI, FORM_CPI_TEXT, FORM_GID };
/* How a serial is written (§14.3): nothing, an integer, digits with a one before them, seven-bit text. */
enum serial { SERIAL_NONE, SERIAL_INTEGER, SERIAL_DIGITS, SERIAL_TEXT };

typedef struct layout {
  uint8_t header;
  uint8_t form;
  uint8_t key_bits; /* company prefix and reference together */
  uint8_t key_digits;
  uint8_t serial;
  uint8_t serial_bits; /* of a GIAI the company prefix is among them */
  const char *scheme;
} layout;

/* Table 14-1; 0x3a is deprecated since TDS 1.9, and still on tags. */
static const layout layouts[] = {
  {0x2c, FORM_KEY, 41, 12, SERIAL_INTEGER, 41, "gdti"},    {0x2d, FORM_KEY, 58, 17, SERIAL_NONE, 0, "gsrn"},
  {0x2e, FORM_KEY, 58, 17, SERIAL_NONE, 0, "gsrnp"},       {0x30, FORM_KEY, 44, 13, SERIAL_INTEGER, 38, "sgtin"},
  {0x31, FORM_KEY, 58, 17, SERIAL_NONE, 0, "sscc"},        {0x32, FORM_KEY, 41, 12, SERIAL_INTEGER, 41, "sgln"},
  {0x33, FORM_KEY, 44, 12, SERIAL_INTEGER, 38, "grai"},    {0x34, FORM_GIAI, 0, 0, SERIAL_INTEGER, 82, "giai"},
  {0x35, FORM_GID, 0, 0, SERIAL_NONE, 0, "gid"},           {0x36, FORM_KEY, 44, 13, SERIAL_TEXT, 140, "sgtin"},
  {0x37, FORM_KEY, 44, 12, SERIAL_TEXT, 112, "grai"},      {0x38, FORM_GIAI, 0, 0, SERIAL_TEXT, 188, "giai"},
  {0x39, FORM_KEY, 41, 12, SERIAL_TEXT, 140, "sgln"},      {0x3a, FORM_KEY, 41, 12, SERIAL_DIGITS, 58, "gdti"},
  {0x3c, FORM_CPI, 51, 15, SERIAL_INTEGER, 31, "cpi"},     {0x3d, FORM_CPI_TEXT, 0, 30, SERIAL_INTEGER, 40, "cpi"},
  {0x3e, FORM_KEY, 41, 12, SERIAL_TEXT, 119, "gdti"},      {0x3f, FORM_KEY, 41, 12, SERIAL_DIGITS, 41, "sgcn"},
  {0x40, FORM_PIECES, 44, 13, SERIAL_INTEGER, 38, "itip"}, {0x41, FORM_PIECES, 44, 13, SERIAL_TEXT, 140, "itip"}};

typedef struct bits {
  tg_text hex;
  size_t at;
} bits;

static size_t bits_left(const bits *reader) { return reader->hex.length * 4 - reader->at; }

/* At most 64 bits. */
static uint64_t take_bits(bits *reader, unsigned count) {
  uint64_t value = 0;
  for (unsigned index = 0; index < count; index += 1) {
    const int digit = tgi_hex_value(reader->hex.bytes[reader->at / 4]);
    value = (value << 1) | (uint64_t)((digit >> (3 - reader->at % 4)) & 1);
    reader->at += 1;
  }
  return value;
}

/* Writes a number with leading zeros up to `digits`; returns how many digits it took. */
static size_t put_number(tgi_sink *sink, uint64_t value, size_t digits) {
  char text[20];
  size_t at = sizeof text;
  do {
    text[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  for (size_t index = sizeof text - at; index < digits; index += 1) tgi_put_byte(sink, '0');
  tgi_put(sink, text + at, sizeof text - at);
  return sizeof text - at > digits ? sizeof text - at : digits;
}

/* What an EPC URN must not carry as it is (§6.3, table A-1). */
static void put_escaped(tgi_sink *sink, char c) {
  static const char hex[] = "0123456789ABCDEF";
  if (strchr("\"%&/<>?#", c) == NULL) {
    tgi_put_byte(sink, (uint8_t)c);
    return;
  }
  tgi_put_byte(sink, '%');
  tgi_put_byte(sink, (uint8_t)hex[(uint8_t)c >> 4]);
  tgi_put_byte(sink, (uint8_t)hex[(uint8_t)c & 15]);
}

/* Seven bits a character of GS1 set 82, then zeros up to the end (§14.4.2). */
static const char *put_text(tgi_sink *sink, bits *reader, unsigned count) {
  bool has_ended = false;
  size_t characters = 0;
  for (; count >= 7; count -= 7) {
    const char c = (char)take_bits(reader, 7);
    const bool is_set82 = c == '!' || c == '"' || (c >= '%' && c <= '?') || c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    has_ended = has_ended || c == 0;
    if (c == 0) continue;
    if (has_ended || !is_set82) return "GS1_EPC_SERIAL";
    characters += 1;
    put_escaped(sink, c);
  }
  return characters > 0 ? NULL : "GS1_EPC_SERIAL";
}

/* Digits with a one before them, so that leading zeros stay. */
static const char *put_digits(tgi_sink *sink, uint64_t value) {
  char text[24];
  tgi_sink number = {(uint8_t *)text, sizeof text, 0};
  put_number(&number, value, 1);
  if (text[0] != '1' || number.length < 2) return "GS1_EPC_SERIAL";
  tgi_put(sink, text + 1, number.length - 1);
  return NULL;
}

static const char *put_serial(tgi_sink *sink, bits *reader, uint8_t serial, unsigned count) {
  if (serial == SERIAL_NONE) return NULL;
  tgi_put_byte(sink, '.');
  if (serial == SERIAL_TEXT) return put_text(sink, reader, count);
  if (serial == SERIAL_DIGITS) return put_digits(sink, take_bits(reader, count));
  put_number(sink, take_bits(reader, count), 1);
  return NULL;
}

/* Piece and total, two digits each (§14.6.12). */
static const char *put_pieces(tgi_sink *sink, bits *reader) {
  for (int index = 0; index < 2; index += 1) {
    tgi_put_byte(sink, '.');
    if (put_number(sink, take_bits(reader, 7), 2) != 2) return "GS1_EPC_RANGE";
  }
  return NULL;
}

static const char *put_key(tgi_sink *sink, bits *reader, const layout *kind, unsigned partition) {
  const unsigned digits = (unsigned)kind->key_digits - prefixes[partition].digits;
  const uint64_t reference = take_bits(reader, (unsigned)kind->key_bits - prefixes[partition].bits);
  tgi_put_byte(sink, '.');
  if (digits == 0 ? reference != 0 : put_number(sink, reference, digits) != digits) return "GS1_EPC_RANGE";
  const char *wrong = kind->form == FORM_PIECES ? put_pieces(sink, reader) : NULL;
  return wrong == NULL ? put_serial(sink, reader, kind->serial, kind->serial_bits) : wrong;
}

/* Six bits a character, ended by zeros: A to Z, digits, `#`, `-` and `/` (§14.5.8, table G-1). */
static bool put_six_bit(tgi_sink *sink, bits *reader, size_t most) {
  for (size_t characters = 0; characters <= most && bits_left(reader) >= 6; characters += 1) {
    const uint8_t code = (uint8_t)take_bits(reader, 6);
    if (code == 0) return characters > 0;
    const char c = (char)(code <= 26 ? code + 64 : code);
    const bool is_known = c == '#' || (c >= '-' && c <= '9' && c != '.') || (c >= 'A' && c <= 'Z');
    if (!is_known || characters == most) return false;
    put_escaped(sink, c);
  }
  return false;
}

/* Component and part: a number of at most as many digits as its bits are for, or text. */
static const char *put_cpi(tgi_sink *sink, bits *reader, const layout *kind, unsigned partition) {
  const size_t most = (size_t)kind->key_digits - prefixes[partition].digits;
  tgi_put_byte(sink, '.');
  if (kind->form == FORM_CPI_TEXT) {
    if (!put_six_bit(sink, reader, most)) return "GS1_EPC_RANGE";
  } else if (put_number(sink, take_bits(reader, (unsigned)kind->key_bits - prefixes[partition].bits), 1) > most) {
    return "GS1_EPC_RANGE";
  }
  if (bits_left(reader) < kind->serial_bits) return "GS1_EPC_SHORT";
  return put_serial(sink, reader, kind->serial, kind->serial_bits);
}

/* General Manager, Object Class, Serial: no GS1 key, but a name (§6.3.13). */
static const char *put_gid(tgi_sink *sink, bits *reader) {
  static const uint8_t fields[] = {28, 24, 36};
  if (bits_left(reader) < 88) return "GS1_EPC_SHORT";
  for (size_t index = 0; index < sizeof fields; index += 1) {
    if (index > 0) tgi_put_byte(sink, '.');
    put_number(sink, take_bits(reader, fields[index]), 1);
  }
  return NULL;
}

static size_t needed_bits(const layout *kind, unsigned partition) {
  const size_t pieces = kind->form == FORM_PIECES ? 14 : 0;
  /* A text of components is of any length: one character's end at least. */
  const size_t text = kind->form == FORM_CPI_TEXT ? prefixes[partition].bits + 6u : 0;
  return kind->key_bits + pieces + text + kind->serial_bits;
}

static const char *put_memory(tgi_sink *sink, bits *reader, const layout *kind) {
  tgi_put_terminated(sink, "urn:epc:id:");
  tgi_put_terminated(sink, kind->scheme);
  tgi_put_byte(sink, ':');
  if (kind->form == FORM_GID) return put_gid(sink, reader);
  take_bits(reader, 3); /* the filter says what it is on, and is no part of the identity */
  const unsigned partition = (unsigned)take_bits(reader, 3);
  if (partition > 6) return "GS1_EPC_PARTITION";
  if (bits_left(reader) < needed_bits(kind, partition)) return "GS1_EPC_SHORT";
  const size_t digits = prefixes[partition].digits;
  if (put_number(sink, take_bits(reader, prefixes[partition].bits), digits) != digits) return "GS1_EPC_RANGE";
  if (kind->form == FORM_GIAI) return put_serial(sink, reader, kind->serial, (unsigned)kind->serial_bits - prefixes[partition].bits);
  if (kind->form == FORM_CPI || kind->form == FORM_CPI_TEXT) return put_cpi(sink, reader, kind, partition);
  return put_key(sink, reader, kind, partition);
}

static bool is_memory(tg_text hex) {
  if (hex.length % 2 != 0 || hex.length < 16 || hex.length > 124) return false;
  for (size_t index = 0; index < hex.length; index += 1)
    if (tgi_hex_value(hex.bytes[index]) < 0) return false;
  return true;
}

int32_t tg_read_epc(tg_text hex, char urn[TG_EPC_URN_BYTES], tg_reason *reason) {
  tgi_reason_clear(reason);
  if (!is_memory(hex)) return tgi_refuse_whole(reason, "GS1_EPC_HEX");
  bits reader = {hex, 0};
  const unsigned header = (unsigned)take_bits(&reader, 8);
  for (size_t index = 0; index < sizeof layouts / sizeof layouts[0]; index += 1) {
    if (layouts[index].header != header) continue;
    tgi_sink sink = {(uint8_t *)urn, TG_EPC_URN_BYTES, 0};
    const char *wrong = put_memory(&sink, &reader, &layouts[index]);
    return wrong == NULL ? tgi_end_text(&sink) : tgi_refuse_whole(reason, wrong);
  }
  return tgi_refuse_whole(reason, "GS1_EPC_HEADER");
}
