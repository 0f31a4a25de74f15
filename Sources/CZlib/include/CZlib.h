#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>

// zlib's macros, which Swift cannot call: gzip's format alone (windowBits 15 + 16).

static inline int czlib_begin_inflate(z_stream *stream) {
    return inflateInit2(stream, 31);
}
static inline int czlib_begin_deflate(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}

#endif
