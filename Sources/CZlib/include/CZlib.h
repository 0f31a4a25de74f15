#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>

// zlib's macros, which Swift cannot call.

// gzip's format alone (windowBits 15 + 16).

static inline int czlib_begin_inflate(z_stream *stream) {
    return inflateInit2(stream, 31);
}
static inline int czlib_begin_deflate(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}

// Deflated data without head and end (RFC 1951), for short texts: a window of 4 KB, and little memory.
static inline int czlib_begin_small_inflate(z_stream *stream) {
    return inflateInit2(stream, -12);
}
static inline int czlib_begin_small_deflate(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -12, 5, Z_DEFAULT_STRATEGY);
}

#endif
