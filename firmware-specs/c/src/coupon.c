/* North American coupon codes, AI (8110) and (8112): fields that announce their own length. Names the first fault, like the platform. */
#include <string.h>

#include "internal.h"

/* `fault` stays NULL as long as everything was right; after it nothing is read. */
typedef struct coupon {
  tg_text text;
  size_t at;
  const char *fault;
} coupon;

static tg_text take(coupon *cursor, size_t count, const char *truncated) {
  const tg_text none = {NULL, 0};
  if (cursor->fault != NULL) return none;
  if (cursor->text.length - cursor->at < count) {
    cursor->fault = truncated;
    return none;
  }
  const tg_text part = {cursor->text.bytes + cursor->at, count};
  cursor->at += count;
  return part;
}

static char peek(const coupon *cursor) {
  return cursor->fault == NULL && cursor->at < cursor->text.length ? cursor->text.bytes[cursor->at] : 0;
}

/* Takes one digit of the allowed ones; 0 when there is a fault. */
static char digit(coupon *cursor, const char *missing, const char *allowed, const char *invalid) {
  const tg_text part = take(cursor, 1, missing);
  if (cursor->fault != NULL) return 0;
  if (strchr(allowed, part.bytes[0]) == NULL) {
    cursor->fault = invalid;
    return 0;
  }
  return part.bytes[0];
}

/* Takes the given digit when it is next. */
static bool skip(coupon *cursor, char wanted) {
  if (peek(cursor) != wanted) return false;
  cursor->at += 1;
  return true;
}

/* The faults of a field that a digit tells the length of. */
typedef struct field {
  const char *missing;
  const char *invalid;
  const char *truncated;
} field;

static void sized(coupon *cursor, const field *names, const char *allowed, size_t plus) {
  const char length = digit(cursor, names->missing, allowed, names->invalid);
  if (cursor->fault == NULL) take(cursor, (size_t)(length - '0') + plus, names->truncated);
}

/* A company prefix; length 9 stands for none. */
static void prefix(coupon *cursor, const field *names, const char *allowed) {
  const char length = digit(cursor, names->missing, allowed, names->invalid);
  if (cursor->fault == NULL && length != '9') take(cursor, (size_t)(length - '0') + 6, names->truncated);
}

typedef struct purchase_faults {
  field size;
  const char *missing_code;
  const char *invalid_code;
  const char *family;
} purchase_faults;

#define PURCHASE(ordinal)                                                                                                            \
  {                                                                                                                                  \
    {"GS1_COUPON_MISSING_" ordinal "_PURCHASE_REQUIREMENT_VLI", "GS1_COUPON_INVALID_" ordinal "_PURCHASE_REQUIREMENT_LENGTH",         \
     "GS1_COUPON_TRUNCATED_" ordinal "_PURCHASE_REQUIREMENT"},                                                                       \
      "GS1_COUPON_MISSING_" ordinal "_PURCHASE_REQUIREMENT_CODE", "GS1_COUPON_INVALID_" ordinal "_PURCHASE_REQUIREMENT_CODE",        \
      "GS1_COUPON_TRUNCATED_" ordinal "_PURCHASE_FAMILY_CODE"                                                                        \
  }

static const purchase_faults purchases[] = {PURCHASE("1ST"), PURCHASE("2ND"), PURCHASE("3RD")};

static void purchase(coupon *cursor, const purchase_faults *names) {
  sized(cursor, &names->size, "12345", 0);
  digit(cursor, names->missing_code, "012349", names->invalid_code);
  take(cursor, 3, names->family);
}

static void serial(coupon *cursor) {
  static const field names = {"GS1_COUPON_MISSING_SERIAL_NUMBER_VLI", "GS1_COUPON_INVALID_", "GS1_COUPON_TRUNCATED_SERIAL_NUMBER"};
  sized(cursor, &names, "0123456789", 6);
}

static tg_text date(coupon *cursor, const char *truncated, const char *invalid) {
  const tg_text part = take(cursor, 6, truncated);
  if (cursor->fault == NULL && tgi_check_date(part, 1) != NULL) cursor->fault = invalid;
  return part;
}

static void dates(coupon *cursor) {
  tg_text expiry = {NULL, 0};
  if (skip(cursor, '3'))
    /* The dictionary spells this name so. */
    expiry = date(cursor, "GS1_COUPON_TOO_SHORT_FOR_EXPIRATION_DATE", "GS1_COUPON_INVALID_EXIPIRATION_DATE");
  if (!skip(cursor, '4')) return;
  const tg_text start = date(cursor, "GS1_COUPON_TOO_SHORT_FOR_START_DATE", "GS1_COUPON_INVALID_START_DATE");
  if (cursor->fault == NULL && expiry.length == 6 && memcmp(start.bytes, expiry.bytes, 6) > 0)
    cursor->fault = "GS1_COUPON_EXPIRATION_BEFORE_START";
}

static void flags(coupon *cursor) {
  if (!skip(cursor, '9')) return;
  digit(cursor, "GS1_COUPON_MISSING_SAVE_VALUE_CODE", "01256", "GS1_COUPON_INVALID_SAVE_VALUE_CODE");
  digit(cursor, "GS1_COUPON_MISSING_SAVE_VALUE_APPLIES_TO_ITEM", "012", "GS1_COUPON_INVALID_SAVE_VALUE_APPLIES_TO_ITEM");
  take(cursor, 1, "GS1_COUPON_MISSING_STORE_COUPON_FLAG");
  digit(cursor, "GS1_COUPON_MISSING_DONT_MULTIPLY_FLAG", "01", "GS1_COUPON_INVALID_DONT_MULTIPLY_FLAG");
}

static const char *end(const coupon *cursor) {
  if (cursor->fault != NULL) return cursor->fault;
  return cursor->at == cursor->text.length ? NULL : "GS1_COUPON_EXCESS_DATA";
}

const char *tgi_check_coupon_offer(tg_text text) {
  static const field funder = {"GS1_COUPON_MISSING_FUNDER_VLI", "GS1_COUPON_INVALID_FUNDER_LENGTH", "GS1_COUPON_TRUNCATED_FUNDER"};
  coupon cursor = {text, 0, tgi_is_digits(text) ? NULL : "GS1_NON_DIGIT_CHARACTER"};
  digit(&cursor, "GS1_COUPON_MISSING_FORMAT_CODE", "01", "GS1_COUPON_INVALID_FORMAT_CODE");
  sized(&cursor, &funder, "0123456", 6);
  take(&cursor, 6, "GS1_COUPON_TRUNCATED_OFFER_CODE");
  serial(&cursor);
  return end(&cursor);
}

static void more_purchases(coupon *cursor) {
  static const field second = {"GS1_COUPON_MISSING_2ND_PURCHASE_GCP_VLI", "GS1_COUPON_INVALID_2ND_PURCHASE_GCP_LENGTH",
                               "GS1_COUPON_TRUNCATED_2ND_PURCHASE_GCP"};
  static const field third = {"GS1_COUPON_MISSING_3RD_PURCHASE_GCP_VLI", "GS1_COUPON_INVALID_3RD_PURCHASE_GCP_LENGTH",
                              "GS1_COUPON_TRUNCATED_3RD_PURCHASE_GCP"};
  if (skip(cursor, '1')) {
    digit(cursor, "GS1_COUPON_MISSING_ADDITIONAL_PURCHASE_RULES_CODE", "0123", "GS1_COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE");
    purchase(cursor, &purchases[1]);
    prefix(cursor, &second, "01234569");
  }
  if (skip(cursor, '2')) {
    purchase(cursor, &purchases[2]);
    prefix(cursor, &third, "01234569");
  }
}

const char *tgi_check_coupon_code(tg_text text) {
  static const field company = {"GS1_COUPON_MISSING_GCP_VLI", "GS1_COUPON_INVALID_GCP_LENGTH", "GS1_COUPON_TRUNCATED_GCP"};
  static const field saving = {"GS1_COUPON_MISSING_SAVE_VALUE_VLI", "GS1_COUPON_INVALID_SAVE_VALUE_LENGTH",
                               "GS1_COUPON_TRUNCATED_SAVE_VALUE"};
  static const field retailer = {"GS1_COUPON_MISSING_RETAILER_GCP_OR_GLN_VLI", "GS1_COUPON_INVALID_RETAILER_GCP_OR_GLN_LENGTH",
                                 "GS1_COUPON_TRUNCATED_RETAILER_GCP_OR_GLN"};
  coupon cursor = {text, 0, tgi_is_digits(text) ? NULL : "GS1_NON_DIGIT_CHARACTER"};
  prefix(&cursor, &company, "0123456");
  take(&cursor, 6, "GS1_COUPON_TRUNCATED_OFFER_CODE");
  sized(&cursor, &saving, "12345", 0);
  purchase(&cursor, &purchases[0]);
  more_purchases(&cursor);
  dates(&cursor);
  if (skip(&cursor, '5')) serial(&cursor);
  if (skip(&cursor, '6')) prefix(&cursor, &retailer, "1234567");
  flags(&cursor);
  return end(&cursor);
}
