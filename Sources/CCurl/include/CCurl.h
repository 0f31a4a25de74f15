#ifndef CCURL_H
#define CCURL_H
#include <brotli/decode.h>
#include <curl/curl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <zlib.h>
#include <zstd.h>

// What Swift cannot call: variadic functions, one wrapper a type of argument, and zlib's macros.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
// curl copies the string.
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
// curl keeps the pointer.
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_data_callback(CURL *easy, CURLoption option, curl_write_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}
static inline CURLcode ccurl_set_opensocket_callback(CURL *easy, curl_opensocket_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
static inline CURLcode ccurl_set_prereq_callback(CURL *easy, curl_prereq_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
// The string belongs to curl until the handle's next transfer, reset or cleanup.
static inline CURLcode ccurl_get_string(CURL *easy, CURLINFO info, char **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// `addr` is declared as a struct sockaddr, but the `addrlen` bytes of the real one stand there.
static inline const struct sockaddr *ccurl_socket_address(const struct curl_sockaddr *address) {
    return &address->addr;
}

// For `top -H` and debuggers; at most 15 bytes. Foundation's `Thread` does not tell the kernel its name.
static inline void ccurl_name_this_thread(const char *name) {
    prctl(PR_SET_NAME, name);
}

// For brotli, which takes an allocator: what it holds is counted where `total` points.
static inline void *ccurl_counting_malloc(void *total, size_t size) {
    void *memory = malloc(size);
    *(long *)total += (long)malloc_usable_size(memory);
    return memory;
}
static inline void ccurl_counting_free(void *total, void *memory) {
    *(long *)total -= (long)malloc_usable_size(memory);
    free(memory);
}

static inline int ccurl_inflate_init(z_stream *stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}

#endif
