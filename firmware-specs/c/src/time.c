/* Times as text and back, without the C library's calendar: that one keeps a time zone for the whole program. */
#include "internal.h"

#define DAY_MS INT64_C(86400000)

/* Days since 1970-01-01 of a date of the Gregorian calendar; a year starts in March, so that the leap day is its last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  const int64_t from_march = (month + 9) % 12;
  const int64_t y = year - (month <= 2 ? 1 : 0);
  const int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
  const int64_t shifted = days + 719468;
  const int64_t era = shifted / 146097;
  const int64_t of_era = shifted - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t from_march = (5 * of_year + 2) / 153;
  *day = of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

static char *put(char *at, int64_t value, int digits) {
  for (int index = digits - 1; index >= 0; index -= 1) {
    at[index] = (char)('0' + value % 10);
    value /= 10;
  }
  return at + digits;
}

int tg_format_time(int64_t time_ms, char text[25]) {
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  if (time_ms < 0 || time_ms > INT64_C(253402300799999)) return TG_REFUSED;
  date_of(time_ms / DAY_MS, &year, &month, &day);
  const int64_t rest = time_ms % DAY_MS;
  const struct {
    int64_t value;
    int digits;
    char behind;
  } parts[] = {{year, 4, '-'},           {month, 2, '-'},           {day, 2, 'T'},        {rest / 3600000, 2, ':'},
               {rest / 60000 % 60, 2, ':'}, {rest / 1000 % 60, 2, '.'}, {rest % 1000, 3, 'Z'}};
  char *at = text;
  for (size_t index = 0; index < sizeof parts / sizeof parts[0]; index += 1) {
    at = put(at, parts[index].value, parts[index].digits);
    *at++ = parts[index].behind;
  }
  *at = 0;
  return TG_OK;
}

/* Takes digits and the character behind them; false where they are not. `behind` 0: nothing is taken behind. */
static bool take_number(tg_text text, size_t *at, size_t digits, char behind, int64_t *value) {
  const tg_text part = tgi_text_part(text, *at, digits);
  if (part.length != digits || !tgi_is_digits(part)) return false;
  *value = 0;
  for (size_t index = 0; index < digits; index += 1) *value = *value * 10 + (part.bytes[index] - '0');
  *at += digits;
  if (behind == 0) return true;
  const bool is_there = *at < text.length && (text.bytes[*at] == behind || (behind == 'T' && text.bytes[*at] == 't'));
  *at += 1;
  return is_there;
}

/* A fraction of any length, cut to milliseconds. */
static bool take_fraction(tg_text text, size_t *at, int64_t *milliseconds) {
  int64_t weight = 100;
  *milliseconds = 0;
  if (*at >= text.length || text.bytes[*at] != '.') return true;
  const size_t from = *at += 1;
  for (; *at < text.length && text.bytes[*at] >= '0' && text.bytes[*at] <= '9'; *at += 1) {
    *milliseconds += (text.bytes[*at] - '0') * weight;
    weight /= 10;
  }
  return *at > from;
}

/* Minutes east of Greenwich. */
static bool take_offset(tg_text text, size_t *at, int64_t *minutes) {
  int64_t hours = 0;
  *minutes = 0;
  if (*at >= text.length) return false;
  const char sign = text.bytes[(*at)++];
  if (sign == 'Z' || sign == 'z') return *at == text.length;
  if (sign != '+' && sign != '-') return false;
  if (!take_number(text, at, 2, ':', &hours) || !take_number(text, at, 2, 0, minutes)) return false;
  if (hours > 23 || *minutes > 59) return false;
  *minutes = (hours * 60 + *minutes) * (sign == '-' ? -1 : 1);
  return *at == text.length;
}

static bool is_date(int64_t year, int64_t month, int64_t day) {
  static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

int tg_parse_time(tg_text text, int64_t *time_ms) {
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0, offset = 0;
  size_t at = 0;
  const bool is_formed = take_number(text, &at, 4, '-', &year) && take_number(text, &at, 2, '-', &month) &&
                         take_number(text, &at, 2, 'T', &day) && take_number(text, &at, 2, ':', &hour) &&
                         take_number(text, &at, 2, ':', &minute) && take_number(text, &at, 2, 0, &second) &&
                         take_fraction(text, &at, &milliseconds) && take_offset(text, &at, &offset);
  if (!is_formed || !is_date(year, month, day) || hour > 23 || minute > 59 || second > 59) return TG_REFUSED;
  *time_ms = days_of(year, month, day) * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
  return TG_OK;
}
