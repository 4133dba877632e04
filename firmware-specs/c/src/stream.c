/* Which messages of a boot have come: a watermark, and spans of numbers beyond it. What a platform or a gateway keeps for each boot. */
#include <string.h>

#include "internal.h"

void tg_stream_init(tg_stream *stream, tg_span *spans, uint16_t span_count) {
  stream->up_to = -1;
  stream->spans = spans;
  stream->span_count = span_count;
  stream->spans_used = 0;
}

static void remove_span(tg_stream *stream, uint16_t index) {
  stream->spans_used -= 1;
  memmove(&stream->spans[index], &stream->spans[index + 1], (size_t)(stream->spans_used - index) * sizeof(tg_span));
}

/* The first span may have met the watermark, and a span its neighbour. */
static void join(tg_stream *stream, uint16_t index) {
  if (index + 1 < stream->spans_used && stream->spans[index].to + 1 == stream->spans[index + 1].from) {
    stream->spans[index].to = stream->spans[index + 1].to;
    remove_span(stream, (uint16_t)(index + 1));
  }
}

static void raise(tg_stream *stream) {
  while (stream->spans_used > 0 && stream->spans[0].from <= stream->up_to + 1) {
    if (stream->spans[0].to > stream->up_to) stream->up_to = stream->spans[0].to;
    remove_span(stream, 0);
  }
}

int tg_stream_note(tg_stream *stream, int64_t seq) {
  uint16_t index = 0;
  if (seq <= stream->up_to) return 0;
  if (seq == stream->up_to + 1) {
    stream->up_to = seq;
    raise(stream);
    return 1;
  }
  while (index < stream->spans_used && stream->spans[index].to < seq - 1) index += 1;
  tg_span *span = &stream->spans[index];
  if (index < stream->spans_used && seq >= span->from && seq <= span->to) return 0;
  if (index < stream->spans_used && seq == span->to + 1) {
    span->to = seq;
    join(stream, index);
    return 1;
  }
  if (index < stream->spans_used && seq == span->from - 1) {
    span->from = seq;
    return 1;
  }
  if (stream->spans_used == stream->span_count) return TG_NO_ROOM;
  memmove(span + 1, span, (size_t)(stream->spans_used - index) * sizeof *span);
  span->from = span->to = seq;
  stream->spans_used += 1;
  return 1;
}
